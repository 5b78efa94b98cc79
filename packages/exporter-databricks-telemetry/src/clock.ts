import { guarded, guardedListener } from './diagnostics';

/** The platform's timers and clocks. Tests replace members of {@link clock}. */
export interface Clock {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
  setImmediate(callback: () => void): unknown;
  clearImmediate(handle: unknown): void;
  /** Milliseconds that never go back. */
  monotonicMs(): number;
  /** Milliseconds since the epoch. */
  epochMs(): number;
}

/**
 * The timers and clocks that this package uses, captured while it loads: fake timers that an application's tests
 * install later affect neither a flush nor a shutdown.
 */
export const clock: Clock = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setImmediate: globalThis.setImmediate,
  clearImmediate: globalThis.clearImmediate,
  monotonicMs: performance.now.bind(performance),
  epochMs: Date.now.bind(Date),
};

/** A running timer or immediate. */
export interface Timer {
  /** Idempotent; safe after the callback ran. */
  cancel(): void;
  /** Lets the process end before the timer. */
  unref(): void;
}

/** Calls `callback` once after `delayMs`; an exception from it is logged under `name`. Holds the process. */
export function startTimer(name: string, delayMs: number, callback: () => void): Timer {
  const handle = clock.setTimeout(() => guarded(name, callback), delayMs);
  return {
    cancel: () => clock.clearTimeout(handle),
    unref: () => unref(handle),
  };
}

/** As {@link startTimer}, but does not hold the process. */
export function startBackgroundTimer(name: string, delayMs: number, callback: () => void): Timer {
  const timer = startTimer(name, delayMs, callback);
  timer.unref();
  return timer;
}

/** Calls `callback` once in the next turn of the event loop. Does not hold the process. */
export function startImmediate(name: string, callback: () => void): Timer {
  const handle = clock.setImmediate(() => guarded(name, callback));
  unref(handle);
  return {
    cancel: () => clock.clearImmediate(handle),
    unref: () => undefined,
  };
}

/** A timer that fires this much later than asked was held up: the process was stopped or its event loop blocked. */
const HELD_UP_MS = 1_000;

/**
 * Calls `callback` when an answer is overdue. After a hold-up the time limit is extended once, by a second at most: the
 * answer may have arrived meanwhile and only waits to be read. Does not hold the process.
 */
export function startTimeLimit(name: string, limitMs: number, callback: () => void): Timer {
  const dueMs = clock.monotonicMs() + limitMs;
  let timer = startBackgroundTimer(name, limitMs, () => {
    if (clock.monotonicMs() - dueMs < HELD_UP_MS) callback();
    else timer = startBackgroundTimer(name, Math.min(limitMs, HELD_UP_MS), callback);
  });
  return {
    cancel: () => timer.cancel(),
    unref: () => undefined,
  };
}

/** Resolves after `delayMs`, or when `signal` aborts. Does not hold the process. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = guardedListener('a pause', () => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    });
    const timer = startBackgroundTimer('a pause', delayMs, done);
    signal.addEventListener('abort', done);
  });
}

/** In browsers and in jsdom a timer is a number, which has no `unref`. */
function unref(handle: unknown): void {
  if (typeof handle === 'object' && handle !== null && 'unref' in handle) {
    const { unref: release } = handle;
    if (typeof release === 'function') release.call(handle);
  }
}
