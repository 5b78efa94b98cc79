import { clock, startBackgroundTimer, startTimer } from './clock';
import type { Timer } from './clock';

/**
 * One deadline for several steps. Its timer holds the process while it runs, unless `unref` was called: without it, the
 * process could end in the middle of an awaited flush or shutdown.
 */
export class Deadline {
  readonly #atMs: number;
  #timer: Timer | undefined;
  readonly #reached: Promise<void>;
  #expired = false;

  constructor(timeoutMs: number) {
    this.#atMs = clock.monotonicMs() + timeoutMs;
    this.#reached = new Promise((resolve) => {
      this.#timer = startTimer('a deadline', timeoutMs, () => {
        this.#expired = true;
        resolve();
      });
    });
  }

  get expired(): boolean {
    return this.#expired;
  }

  get remainingMs(): number {
    return this.#expired ? 0 : Math.max(0, this.#atMs - clock.monotonicMs());
  }

  /** What `step` resolves to, or `undefined` at the deadline; a later rejection of `step` is ignored. */
  async race<Result>(step: Promise<Result>): Promise<Result | undefined> {
    // A promise of this realm: an exporter of the application may return any thenable.
    const own = Promise.resolve(step);
    own.catch(() => undefined);
    return (await Promise.race([own, this.#reached])) ?? undefined;
  }

  /** Resolves after `delayMs`, or at the deadline. */
  async sleep(delayMs: number): Promise<void> {
    let timer: Timer | undefined;
    await this.race(
      new Promise<void>((resolve) => {
        timer = startBackgroundTimer('a pause', delayMs, resolve);
      }),
    );
    timer?.cancel();
  }

  /** For steps that no caller awaits: the timer no longer holds the process. */
  unref(): this {
    this.#timer?.unref();
    return this;
  }

  /** Ends the timer. */
  clear(): void {
    this.#timer?.cancel();
  }
}
