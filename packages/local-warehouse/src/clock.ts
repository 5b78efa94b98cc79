/**
 * The warehouse stands for another machine: where a test fakes the client's clock, these keep the real one.
 * They are captured when the module loads, so the warehouse has to be imported before the clock is faked.
 */
const RealDate = Date;
const realSetTimeout = setTimeout;
const realClearTimeout = clearTimeout;

/** Milliseconds since the epoch. */
export function now(): number {
  return RealDate.now();
}

/** The same instant as ISO 8601, in UTC. */
export function isoTime(epochMs: number): string {
  return new RealDate(epochMs).toISOString();
}

/** Waits `ms`, or less when `signal` aborts; it never rejects and never holds the process. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      realClearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = realSetTimeout(done, ms);
    timer.unref();
    signal.addEventListener('abort', done, { once: true });
  });
}
