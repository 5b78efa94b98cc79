import { diag } from '@opentelemetry/api';
import type { DiagLogger } from '@opentelemetry/api';

const logger: DiagLogger = diag.createComponentLogger({
  namespace: '@dbsql-otel/exporter-databricks-telemetry',
});

/** Logs at debug. Ignores a logger that throws. */
export function logDebug(message: string, ...details: readonly unknown[]): void {
  try {
    logger.debug(message, ...details);
  } catch {
    // The application's logger failed, so the failure cannot be logged.
  }
}

/** Logs at info. */
export function logInfo(message: string): void {
  try {
    logger.info(message);
  } catch {
    // As in logDebug.
  }
}

/** Logs at warn. */
export function logWarning(message: string): void {
  try {
    logger.warn(message);
  } catch {
    // As in logDebug.
  }
}

/** Where the OpenTelemetry API keeps what was registered; a test holds it against the API. */
const API_KEY = Symbol.for('opentelemetry.js.api.1');

/** Whether the application has installed a diagnostic logger. */
export function hasLogger(): boolean {
  const api = (globalThis as Readonly<Record<symbol, unknown>>)[API_KEY];
  return typeof api === 'object' && api !== null && 'diag' in api && api.diag !== undefined;
}

/** Warns once per condition, until {@link OncePerCondition.rearm}. */
export class OncePerCondition {
  #warned = false;

  /** @param log where the line goes; `diag` by default */
  warn(message: string, log = logWarning): void {
    if (this.#warned) return;
    this.#warned = true;
    log(message);
  }

  rearm(): void {
    this.#warned = false;
  }
}

const failedPlaces = new Set<string>();

/** Calls one of this package's entry points: what it throws is reported here and never reaches the application. */
export function guarded<Result>(place: string, call: () => Result): Result | undefined {
  try {
    return call();
  } catch (error) {
    reportDefect(place, error);
    return undefined;
  }
}

/**
 * Reports a failure that the application does not see: the first at each place as a warning, later ones at debug. Names
 * the class of the error and its stack frames; the message may quote a statement.
 */
export function reportDefect(place: string, error: unknown): void {
  try {
    const type = error instanceof Error ? error.constructor.name : typeof error;
    if (failedPlaces.has(place)) {
      logDebug(`${place} failed again (${type})`);
      return;
    }
    failedPlaces.add(place);
    const frames = error instanceof Error ? error.stack?.split('\n') : [];
    logger.warn(
      `${place} failed (${type}); the application is unaffected`,
      frames?.filter((line) => /^ {4}at /.test(line)).join('\n'),
    );
  } catch {
    // The application's logger failed, or the error cannot be read.
  }
}

/**
 * Calls a callback of the application. Its failure ends here: an exception, and the rejection of whatever promise or
 * thenable it returns.
 */
export function runCallback(name: string, call: () => unknown): void {
  guarded(name, () => {
    const returned = call();
    if (typeof returned !== 'object' || returned === null) return;
    // Resolving a new promise reads and calls `then` in a job of its own, where a failure rejects this promise.
    new Promise((resolve) => {
      resolve(returned);
    }).catch((error: unknown) => reportDefect(name, error));
  });
}
