import type { Guard } from './guard';

/** The platform's timers and clocks. Tests replace members of {@link clock}. */
export interface Clock {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
  /** Milliseconds that never go back, as `performance.now()`. */
  monotonicMs(): number;
  /** Milliseconds since the epoch. */
  epochMs(): number;
}

/**
 * The timers and clocks that this package uses, captured while it loads: fake timers that an application's tests
 * install later neither stop its time limits nor find its timers.
 */
export const clock: Clock = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  monotonicMs: performance.now.bind(performance),
  epochMs: Date.now.bind(Date),
};

/** A running timer. */
export interface Timer {
  /** Idempotent; safe after the callback ran. */
  cancel(): void;
}

/** Calls `callback` once after `delayMs`; `guard` reports what it throws as `place`. Does not hold the process. */
export function startBackgroundTimer(
  guard: Guard,
  place: string,
  delayMs: number,
  callback: () => void,
): Timer {
  const handle = clock.setTimeout(() => guard.run(place, callback), delayMs);
  unref(handle);
  return { cancel: () => clock.clearTimeout(handle) };
}

/** In browsers and in jsdom a timer is a number, which has no `unref`. */
function unref(handle: unknown): void {
  if (typeof handle !== 'object' || handle === null || !('unref' in handle)) return;
  const { unref: release } = handle;
  if (typeof release === 'function') release.call(handle);
}
