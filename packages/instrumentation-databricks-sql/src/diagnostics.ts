import { diag } from '@opentelemetry/api';
import type { DiagLogFunction, DiagLogger } from '@opentelemetry/api';
import { SCOPE_NAME } from './scope';
import { isThenable, ownRejection } from './thenable';

/** Where the OpenTelemetry API keeps what was registered; a test holds it against the API. */
const API_KEY = Symbol.for('opentelemetry.js.api.1');
/** Lines that are kept for a logger that is installed later. */
const MAX_KEPT = 20;
/** When the kept lines are logged again, beside the uses of the instrumentation. */
const REPEAT_AFTER_MS = [0, 5_000] as const;

type Level = 'error' | 'warn' | 'info';

interface Line {
  readonly level: Level;
  /** Kept to the end of the current task only. */
  readonly isRemark?: boolean;
  readonly words: Parameters<DiagLogFunction>;
}

/** Whether the application has installed a diagnostic logger. */
export function hasLogger(): boolean {
  const api = (globalThis as Readonly<Record<symbol, unknown>>)[API_KEY];
  return typeof api === 'object' && api !== null && 'diag' in api && api.diag !== undefined;
}

/**
 * The logger of one instrumentation. Applications install their logger late (`NodeSDK` does it after the constructors of
 * the instrumentations), so lines from `info` on that no logger received are kept, and logged once there is one. Ignores
 * a logger of the application that throws.
 */
export class ComponentLogger implements DiagLogger {
  readonly #logger = diag.createComponentLogger({ namespace: SCOPE_NAME });
  #kept: Line[] = [];
  #isWaiting = false;

  error(...words: Parameters<DiagLogFunction>): void {
    this.#log({ level: 'error', words });
  }

  warn(...words: Parameters<DiagLogFunction>): void {
    this.#log({ level: 'warn', words });
  }

  info(...words: Parameters<DiagLogFunction>): void {
    this.#log({ level: 'info', words });
  }

  /** Warns of what works all the same: a logger that the set-up installs receives it, a later one does not. */
  remark(message: string): void {
    this.#log({ level: 'warn', words: [message], isRemark: true });
  }

  debug(...words: Parameters<DiagLogFunction>): void {
    this.#write('debug', words);
  }

  verbose(...words: Parameters<DiagLogFunction>): void {
    this.#write('verbose', words);
  }

  /** Logs the kept lines if there is a logger now. */
  repeat(): void {
    if (this.#kept.length === 0 || !hasLogger()) return;
    const kept = this.#kept;
    this.#kept = [];
    for (const { level, words } of kept) this.#write(level, words);
  }

  #log(line: Line): void {
    if (hasLogger()) {
      this.repeat();
      this.#write(line.level, line.words);
      return;
    }
    if (this.#kept.length < MAX_KEPT) this.#kept.push(line);
    this.#repeatLater();
  }

  #write(level: keyof DiagLogger, words: Parameters<DiagLogFunction>): void {
    try {
      const returned: unknown = this.#logger[level](...words);
      if (isThenable(returned)) void ownRejection(returned);
    } catch {
      // The application's logger failed, so the failure cannot be logged.
    }
  }

  #repeatLater(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    void this.#repeatSoon();
    const { startBackgroundTimer } = require('./clock') as typeof import('./clock');
    const { Guard } = require('./guard') as typeof import('./guard');
    const guard = new Guard(this);
    for (const delayMs of REPEAT_AFTER_MS) {
      startBackgroundTimer(guard, 'kept log lines', delayMs, () => this.repeat());
    }
  }

  /** A short program ends without a turn of its event loop. */
  async #repeatSoon(): Promise<void> {
    await Promise.resolve();
    this.repeat();
    this.#kept = this.#kept.filter(({ isRemark }) => isRemark !== true);
  }
}
