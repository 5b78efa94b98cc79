import { startBackgroundTimer } from '../clock';
import type { Timer } from '../clock';
import { logDebug } from '../diagnostics';

/** How long a request waits for parts that may travel in it: a slow provider must not delay other connections. */
const MAX_WAIT_MS = 100;

/**
 * Sends parts with equal identities together. Never rejects.
 *
 * @param identify resolves to the identity of a part, or to `undefined` when the part is not sent
 * @param send sends all parts of one identity
 */
export async function sendShared<Part, Identity extends { readonly key: string }>(
  parts: readonly Part[],
  identify: (part: Part) => Promise<Identity | undefined>,
  send: (identity: Identity, parts: readonly Part[]) => Promise<void>,
): Promise<void> {
  const waiting = new Map<string, { readonly identity: Identity; readonly parts: Part[] }>();
  const sending: Promise<void>[] = [];
  let unidentified = parts.length;
  let timer: Timer | undefined;

  await Promise.all(
    parts.map(async (part) => {
      const identity = await identify(part);
      unidentified -= 1;
      if (identity) join(identity, part);
      if (unidentified === 0) sendWaiting();
      else if (identity) startWaiting();
    }),
  );
  await Promise.all(sending);

  function startWaiting(): void {
    timer ??= startBackgroundTimer('shared requests', MAX_WAIT_MS, sendWaiting);
  }

  function join(identity: Identity, part: Part): void {
    const group = waiting.get(identity.key);
    if (group) group.parts.push(part);
    else waiting.set(identity.key, { identity, parts: [part] });
  }

  function sendWaiting(): void {
    timer?.cancel();
    timer = undefined;
    for (const group of waiting.values()) {
      sending.push(
        send(group.identity, group.parts).catch((error: unknown) => {
          logDebug('a request failed', error);
        }),
      );
    }
    waiting.clear();
  }
}
