import type { RetryOptions } from '../config';

/** Longest wait that a service can ask for. */
const MAX_RETRY_AFTER_MS = 60 * 60_000;

/** Exponential backoff with jitter: `base·2ⁿ` up to the cap, and up to `jitterMs` more. */
export function backoffMs(attempt: number, options: RetryOptions, random = Math.random): number {
  const delayMs = Math.min(options.baseDelayMs * 2 ** attempt, options.maxDelayMs);
  return Math.min(delayMs + random() * options.jitterMs, options.maxDelayMs);
}

/**
 * Reads a `Retry-After` header, seconds or an HTTP date (RFC 9110, 10.2.3), as milliseconds from now.
 * `undefined` when it is absent or neither.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const value = header?.trim() ?? '';
  if (/^\d{1,12}(?:\.\d{1,3})?$/.test(value)) {
    return Math.min(Number(value) * 1_000, MAX_RETRY_AFTER_MS);
  }
  // Every date form of the RFC begins with the name of a day; `Date.parse` alone takes far more.
  const dateMs = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(dateMs)
    ? undefined
    : Math.min(Math.max(dateMs - nowMs, 0), MAX_RETRY_AFTER_MS);
}
