import { startTimeLimit } from '../clock';
import { guardedListener } from '../diagnostics';
import { withTracingSuppressed } from '../suppress-tracing';

export type Credentials =
  | { readonly kind: 'present'; readonly headers: Readonly<Record<string, string>> }
  /** The connection has no provider, or the provider gave no `Authorization`. */
  | { readonly kind: 'missing' }
  /** The provider failed. */
  | { readonly kind: 'failed' }
  /** The provider did not answer in time. */
  | { readonly kind: 'timeout' };

/**
 * Asks a provider for the headers of one request. They are used and released, never kept; neither they nor the
 * provider's error is logged. Never rejects. The provider's own requests are not traced.
 *
 * @param source returns headers, or a promise of them
 */
export async function fetchCredentials(
  source: (() => unknown) | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Credentials> {
  if (!source) return { kind: 'missing' };
  // Copied within the guard: the provider's object may be anything, and reading it may throw.
  const answer = await answerOf(async () => copyOf(await source()), timeoutMs, signal);
  if (answer.kind !== 'value') return answer;
  const authorization = Object.entries(answer.value).some(
    ([name, value]) => name.toLowerCase() === 'authorization' && value !== '',
  );
  return authorization ? { kind: 'present', headers: answer.value } : { kind: 'missing' };
}

function copyOf(headers: unknown): Record<string, string> {
  if (typeof headers !== 'object' || headers === null) return {};
  const entries = Object.entries({ ...headers });
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** What came of asking the application or the driver. */
export type Answer<T> = { kind: 'value'; value: T } | { kind: 'failed' } | { kind: 'timeout' };

/** Waits for the application's or the driver's promise, until the time limit or until `signal` aborts. Never rejects. */
export function answerOf<T>(
  call: () => Promise<T>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Answer<T>> {
  return new Promise((resolve) => {
    const settle = (answer: Answer<T>): void => {
      limit.cancel();
      signal.removeEventListener('abort', giveUp);
      resolve(answer);
    };
    const giveUp = guardedListener('an abort', () => settle({ kind: 'timeout' }));
    const limit = startTimeLimit('the time limit of a provider', timeoutMs, giveUp);
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) {
      giveUp();
      return;
    }
    const fail = (): void => settle({ kind: 'failed' });
    try {
      // A promise of this realm, whatever the application's function returns.
      Promise.resolve(withTracingSuppressed(call)).then(
        (value) => settle({ kind: 'value', value }),
        fail,
      );
    } catch {
      fail();
    }
  });
}
