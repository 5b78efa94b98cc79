import { withTracingSuppressed } from '../suppress-tracing';

export type Credentials =
  | { readonly kind: 'present'; readonly headers: Readonly<Record<string, string>> }
  /** There is none: the provider has no `Authorization` to give, or the connection is gone. */
  | { readonly kind: 'missing' }
  /** The provider failed. */
  | { readonly kind: 'failed' }
  /** The provider did not answer in time. */
  | { readonly kind: 'timeout' };

/**
 * Fetches a connection's headers for one batch. They are used and let go, never kept, and neither they nor what the
 * provider throws is logged. Never rejects; the calls that providers make for tokens are not traced.
 */
export async function fetchCredentials(
  source: (() => Promise<Readonly<Record<string, string>>>) | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Credentials> {
  if (!source) return { kind: 'missing' };
  // Read once: what a provider gives may be anything, and may throw when it is read.
  const copied = () => source().then((given) => ({ ...given }));
  const headers = await withDeadline(copied, timeoutMs, signal);
  if (headers.kind !== 'value') return headers;
  const authorization = Object.entries(headers.value).some(
    ([name, value]) => name.toLowerCase() === 'authorization' && typeof value === 'string' && value,
  );
  return authorization ? { kind: 'present', headers: headers.value } : { kind: 'missing' };
}

type Deadlined<T> = { kind: 'value'; value: T } | { kind: 'failed' } | { kind: 'timeout' };

/** Waits for what others do, but neither for ever nor beyond `signal`. */
export function withDeadline<T>(
  call: () => Promise<T>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Deadlined<T>> {
  return new Promise((resolve) => {
    const settle = (outcome: Deadlined<T>) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      resolve(outcome);
    };
    const giveUp = () => settle({ kind: 'timeout' });
    const timer = setTimeout(giveUp, timeoutMs);
    timer.unref();
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) {
      giveUp();
      return;
    }
    const fail = () => settle({ kind: 'failed' });
    try {
      withTracingSuppressed(call).then((value) => settle({ kind: 'value', value }), fail);
    } catch {
      fail();
    }
  });
}
