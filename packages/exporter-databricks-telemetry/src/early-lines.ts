import { startBackgroundTimer } from './clock';
import { hasLogger, logInfo, logWarning } from './diagnostics';

/** Lines that are kept for a logger that is installed later. */
const MAX_KEPT = 20;
/** When the kept lines are logged again, beside the uses of the component. */
const REPEAT_AFTER_MS = [0, 5_000] as const;

/**
 * What a constructor logs. Applications install their logger late (`NodeSDK` does it after the constructors of the span
 * processors), so lines that no logger received are kept, and logged once there is one.
 */
export class EarlyLines {
  #kept: (() => void)[] = [];
  #isWaiting = false;

  readonly warn = (message: string): void => {
    this.#log(() => logWarning(message));
    this.#repeatLater();
  };

  readonly info = (message: string): void => this.#log(() => logInfo(message));

  /** Logs the kept lines if there is a logger now. */
  repeat(): void {
    if (this.#kept.length === 0 || !hasLogger()) return;
    const kept = this.#kept;
    this.#kept = [];
    for (const log of kept) log();
  }

  #log(line: () => void): void {
    if (hasLogger()) {
      line();
      return;
    }
    if (this.#kept.length < MAX_KEPT) this.#kept.push(line);
    void this.#repeatSoon();
  }

  /** A short program ends without a turn of its event loop. */
  async #repeatSoon(): Promise<void> {
    await Promise.resolve();
    this.repeat();
  }

  #repeatLater(): void {
    if (this.#kept.length === 0 || this.#isWaiting) return;
    this.#isWaiting = true;
    for (const delayMs of REPEAT_AFTER_MS) {
      startBackgroundTimer('a repeated warning', delayMs, () => this.repeat());
    }
  }
}
