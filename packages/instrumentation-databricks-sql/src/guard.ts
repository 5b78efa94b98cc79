import type { DiagLogger } from '@opentelemetry/api';
import type { ComponentLogger } from './diagnostics';
import { isThenable, ownRejection } from './thenable';

/**
 * Keeps the errors of this package away from the application. The first failure of each place logs a warning, later ones
 * log at debug. Error messages are not logged, because they may quote a statement.
 */
export class Guard {
  readonly #reported = new Set<string>();
  readonly #diag: DiagLogger & Partial<Pick<ComponentLogger, 'repeat'>>;

  constructor(diag: DiagLogger & Partial<Pick<ComponentLogger, 'repeat'>>) {
    this.#diag = diag;
  }

  /** @returns the result of `action`, or `undefined` when it threw */
  run<T>(place: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.report(place, error);
      return undefined;
    }
  }

  /** Calls a function of the application, and handles the rejection of whatever promise or thenable it returns. */
  runHook<Args extends readonly unknown[]>(
    place: string,
    hook: ((...args: Args) => unknown) | undefined,
    ...args: Args
  ): void {
    this.run(place, () => {
      const result = hook?.(...args);
      if (isThenable(result)) {
        void ownRejection(result, (error) => {
          this.report(place, error);
        });
      }
    });
  }

  /** Logs a warning of a condition that no error stands for. */
  warn(message: string): void {
    try {
      this.#diag.warn(message);
    } catch {
      // As in report.
    }
  }

  /** Logs what no logger has received so far. */
  repeatWarnings(): void {
    this.#diag.repeat?.();
  }

  report(place: string, error: unknown): void {
    try {
      // Loaded with the first failure.
      const { className, stackFrames } =
        require('./telemetry/failure') as typeof import('./telemetry/failure');
      if (this.#reported.has(place)) {
        this.#diag.debug(`${place} failed again (${className(error)})`);
        return;
      }
      this.#reported.add(place);
      this.#diag.warn(
        `${place} failed (${className(error)}); the driver call is unaffected`,
        stackFrames(error),
      );
    } catch {
      // The application's own logger threw: there is nowhere left to report it.
    }
  }
}
