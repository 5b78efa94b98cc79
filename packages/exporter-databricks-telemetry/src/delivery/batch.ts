import type { DropReason, UndeliveredReason } from '../record';
import { type Verdict, readAcceptance } from './response';
import { type RetryOptions, backoffMs, pause } from './retry';

/** What became of one log, or of one span. */
export type Outcome =
  | { readonly kind: 'delivered' }
  | {
      readonly kind: 'undelivered';
      readonly reason: UndeliveredReason;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: 'dropped'; readonly reason: DropReason }
  /** The credentials were refused: for the caller to decide. */
  | { readonly kind: 'unauthorized' };

export interface BatchResult {
  /** One per log. */
  readonly outcomes: readonly Outcome[];
  /** The verdict that ended the batch: the one outcome for the circuit breaker. */
  readonly verdict: Verdict;
}

/** Sends one body and judges the answer. */
export type Post = (logs: readonly string[]) => Promise<Verdict>;

const DELIVERED: Outcome = { kind: 'delivered' };

/**
 * Delivers a batch through the one layer of retries there is. What the service did not take of it is sent once more; a
 * batch that is too large is halved down to single logs. After a failure nothing more of it is tried.
 */
export async function deliverBatch(
  logs: readonly string[],
  post: Post,
  options: RetryOptions,
  signal: AbortSignal,
): Promise<BatchResult> {
  const outcomes: (Outcome | undefined)[] = Array.from({ length: logs.length });
  const parts: (readonly number[])[] = [logs.map((_, index) => index)];
  let verdict: Verdict = { kind: 'ok', body: {} };
  let hasResent = false;

  for (let part = parts.shift(); part; part = parts.shift()) {
    verdict = await postWithRetries(
      part.map((index) => logs[index] ?? ''),
      post,
      options,
      signal,
    );
    if (verdict.kind === 'ok') {
      const { rejected, accepted } = readAcceptance(verdict.body, part.length);
      const open = rejected?.map((position) => part?.[position] ?? 0) ?? part;
      settle(part, DELIVERED);
      if (accepted < part.length && !hasResent) {
        hasResent = true;
        parts.unshift(open);
      } else if (accepted < part.length) {
        // Without a word on which, the number is still right.
        const lost = rejected ? open : part.slice(accepted);
        settle(lost, { kind: 'dropped', reason: 'refused' });
      }
    } else if (verdict.kind !== 'too_large') {
      settle([part, ...parts.splice(0)].flat(), outcomeOf(verdict));
    } else if (part.length === 1) {
      settle(part, { kind: 'dropped', reason: 'too_large' });
    } else {
      const half = Math.ceil(part.length / 2);
      parts.unshift(part.slice(0, half), part.slice(half));
    }
  }
  return { outcomes: outcomes.map((outcome) => outcome ?? DELIVERED), verdict };

  function settle(indexes: readonly number[], outcome: Outcome): void {
    for (const index of indexes) {
      outcomes[index] = outcome;
    }
  }
}

async function postWithRetries(
  logs: readonly string[],
  post: Post,
  options: RetryOptions,
  signal: AbortSignal,
): Promise<Verdict> {
  for (let attempt = 0; ; attempt++) {
    const verdict = await post(logs);
    if (verdict.kind !== 'retryable' || attempt >= options.maxRetries) return verdict;
    const { retryAfterMs = 0 } = verdict;
    // A service that wants a longer rest gets it, with the records back in their queue.
    if (retryAfterMs > options.maxDelayMs) return verdict;
    await pause(Math.max(backoffMs(attempt, options), retryAfterMs), signal);
    if (signal.aborted) return { kind: 'aborted', error: 'aborted' };
  }
}

function outcomeOf(verdict: Exclude<Verdict, { kind: 'ok' | 'too_large' }>): Outcome {
  switch (verdict.kind) {
    case 'retryable':
    case 'unavailable':
      return { kind: 'undelivered', reason: 'retryable', retryAfterMs: verdict.retryAfterMs };
    case 'credentials':
      return { kind: 'unauthorized' };
    case 'terminal':
      return { kind: 'dropped', reason: 'refused' };
    default:
      return { kind: 'undelivered', reason: 'shutdown' };
  }
}
