import type { Fate } from '../record';
import { readAcceptance } from './response';
import type { Verdict } from './response';

/** The fate of a log, or that the service refused its credentials, for the caller to decide. */
export type LogFate = Fate | { readonly kind: 'unauthorized'; readonly error: string };

/** Posts one body and judges the answer. */
export type Post = (logs: readonly string[]) => Promise<Verdict>;

const DELIVERED: Fate = { kind: 'delivered' };

/**
 * Posts logs until each has a fate. What the service did not accept is posted once more; what is too large is halved,
 * down to single logs. A failure ends the posting.
 *
 * @returns one fate per log, and the last verdict
 */
export async function postLogs(
  logs: readonly string[],
  post: Post,
): Promise<{ readonly fates: readonly LogFate[]; readonly verdict: Verdict }> {
  const fates: LogFate[] = logs.map(() => DELIVERED);
  const parts: (readonly number[])[] = [logs.map((_, index) => index)];
  let verdict: Verdict = { kind: 'ok', body: {} };
  let hasResent = false;

  for (let part = parts.shift(); part; part = parts.shift()) {
    verdict = await post(part.map((index) => logs[index] ?? ''));
    if (verdict.kind === 'ok') {
      const { rejected, accepted } = readAcceptance(verdict.body, part.length);
      if (accepted === part.length) continue;
      const open = rejected?.map((position) => part?.[position] ?? 0);
      if (hasResent) {
        // The service reported how many it rejected, but not always which.
        settle(open ?? part.slice(accepted), { kind: 'dropped', reason: 'refused' });
      } else {
        hasResent = true;
        parts.unshift(open ?? part);
      }
    } else if (verdict.kind !== 'too_large') {
      settle([part, ...parts.splice(0)].flat(), fateOf(verdict));
    } else if (part.length === 1) {
      settle(part, { kind: 'dropped', reason: 'too_large' });
    } else {
      const half = Math.ceil(part.length / 2);
      parts.unshift(part.slice(0, half), part.slice(half));
    }
  }
  return { fates, verdict };

  function settle(indexes: readonly number[], fate: LogFate): void {
    for (const index of indexes) fates[index] = fate;
  }
}

function fateOf(verdict: Exclude<Verdict, { kind: 'ok' | 'too_large' }>): LogFate {
  switch (verdict.kind) {
    case 'retryable':
    case 'unavailable':
      return { kind: 'undelivered', reason: 'retryable', retryAfterMs: verdict.retryAfterMs };
    case 'credentials':
      return { kind: 'unauthorized', error: verdict.error };
    case 'terminal':
      return { kind: 'dropped', reason: 'refused' };
    default:
      return { kind: 'undelivered', reason: 'shutdown' };
  }
}
