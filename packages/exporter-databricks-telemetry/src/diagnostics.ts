import { diag } from '@opentelemetry/api';
import type { DiagLogger } from '@opentelemetry/api';

const logger: DiagLogger = diag.createComponentLogger({
  namespace: '@dbsql-otel/exporter-databricks-telemetry',
});

/** Logs at debug. */
export function logDebug(message: string, ...details: readonly unknown[]): void {
  write('debug', message, details);
}

/** Logs at info. */
export function logInfo(message: string): void {
  write('info', message);
}

/** Logs at warn. */
export function logWarning(message: string): void {
  write('warn', message);
}

/** Ignores a logger that throws or rejects: its failure cannot be logged. */
function write(level: keyof DiagLogger, message: string, details: readonly unknown[] = []): void {
  try {
    // An application may have given asynchronous functions.
    const returned: unknown = logger[level](message, ...details);
    ownRejection(returned, () => undefined);
  } catch {
    // As above.
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

/** A guarded listener: an exception from a listener would end the process. */
export function guardedListener<Args extends readonly unknown[]>(
  place: string,
  listener: (...args: Args) => void,
): (...args: Args) => void {
  return (...args) => {
    guarded(place, () => listener(...args));
  };
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
    const shown = frames?.filter((line) => /^ {4}at /.test(line)).join('\n');
    write('warn', `${place} failed (${type}); the application is unaffected`, [shown]);
  } catch {
    // The error cannot be read.
  }
}

/**
 * Calls a function of the application. Its failure ends here: an exception, and the rejection of whatever promise or
 * thenable it returns.
 */
export function runCallback<Result>(name: string, call: () => Result): Result | undefined {
  return guarded(name, () => {
    const returned = call();
    ownRejection(returned, (error) => reportDefect(name, error));
    return returned;
  });
}

/** Handles the rejection of whatever promise or thenable a function of the application returned. */
export function ownRejection(returned: unknown, rejected: (error: unknown) => void): void {
  const isPrimitive = typeof returned !== 'object' && typeof returned !== 'function';
  if (isPrimitive || returned === null) return;
  // The promise reads and calls `then`, and rejects when either throws.
  new Promise((resolve) => {
    resolve(returned);
  }).catch(rejected);
}
