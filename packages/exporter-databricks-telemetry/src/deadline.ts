/**
 * One deadline for several steps. Its timer holds the process while it runs, unless `unref` was called: without it, the
 * process could end in the middle of an awaited flush or shutdown.
 */
export class Deadline {
  readonly #atMs: number;
  #timer: NodeJS.Timeout | undefined;
  readonly #reached: Promise<void>;
  #expired = false;

  constructor(timeoutMs: number) {
    this.#atMs = performance.now() + timeoutMs;
    this.#reached = new Promise((resolve) => {
      this.#timer = setTimeout(() => {
        this.#expired = true;
        resolve();
      }, timeoutMs);
    });
  }

  get expired(): boolean {
    return this.#expired;
  }

  get remainingMs(): number {
    return this.#expired ? 0 : Math.max(0, this.#atMs - performance.now());
  }

  /** What `step` resolves to, or `undefined` at the deadline; a later rejection of `step` is ignored. */
  async race<Result>(step: Promise<Result>): Promise<Result | undefined> {
    step.catch(() => undefined);
    return (await Promise.race([step, this.#reached])) ?? undefined;
  }

  /** Resolves after `delayMs`, or at the deadline. */
  async sleep(delayMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await this.race(
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, delayMs);
        timer.unref();
      }),
    );
    clearTimeout(timer);
  }

  /** For steps that no caller awaits: the timer no longer holds the process. */
  unref(): this {
    this.#timer?.unref();
    return this;
  }

  /** Ends the timer. */
  clear(): void {
    clearTimeout(this.#timer);
  }
}
