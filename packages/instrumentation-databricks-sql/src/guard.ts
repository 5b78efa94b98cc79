import type { DiagLogger } from '@opentelemetry/api';

/**
 * Stands between our code and the application: what we throw stays with us. The first failure of each place is one
 * warning, the rest are debug lines. Messages are not printed, for they may quote a statement.
 */
export class Guard {
  private readonly reported = new Set<string>();

  constructor(private readonly diag: DiagLogger) {}

  /** The result of `ours`, or `undefined` when it threw. */
  run<T>(place: string, ours: () => T): T | undefined {
    try {
      return ours();
    } catch (error) {
      this.report(place, error);
      return undefined;
    }
  }

  /** Runs a function of the application, which may turn out to be asynchronous and to reject. */
  runHook(place: string, hook: () => unknown): void {
    this.run(place, () => {
      const result = hook();
      if (result instanceof Promise) {
        result.catch((error: unknown) => {
          this.report(place, error);
        });
      }
    });
  }

  report(place: string, error: unknown): void {
    try {
      // What describes failures waits for the first.
      const { className, stackFrames } =
        require('./telemetry/failure') as typeof import('./telemetry/failure');
      if (this.reported.has(place)) {
        this.diag.debug(`${place} failed again (${className(error)})`);
        return;
      }
      this.reported.add(place);
      this.diag.warn(
        `${place} failed (${className(error)}); the driver call is unaffected`,
        stackFrames(error),
      );
    } catch {
      // A logger of the application that throws has nobody left to tell.
    }
  }
}
