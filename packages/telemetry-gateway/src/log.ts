import { diag, DiagLogLevel } from '@opentelemetry/api';
import type { DiagLogFunction } from '@opentelemetry/api';

/** Writes one line. */
export type WriteLine = (line: string) => void;

/** Control characters of names from outside must neither break a line nor reach a terminal. */
const CONTROL_CHARACTERS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
const MAX_LINE_LENGTH = 2_000;

function ignore(): void {}

/** The gateway's log: one line per event, with its time and level. Callers never pass secrets or attribute values. */
export class Log {
  readonly #write: WriteLine;

  constructor(write: WriteLine = (line) => void process.stderr.write(`${line}\n`)) {
    this.#write = write;
  }

  info(message: string): void {
    this.#line('info', message);
  }

  warn(message: string): void {
    this.#line('warn', message);
  }

  error(message: string): void {
    this.#line('error', message);
  }

  /** Has the warnings of the exporter and the processor written to this log. */
  takeDiagnostics(): void {
    const words = (level: 'warn' | 'error'): DiagLogFunction => {
      return (scope, ...rest) => {
        const texts = rest.filter((word) => typeof word === 'string');
        this.#line(level, [scope, ...texts].join(' '));
      };
    };
    diag.setLogger(
      { error: words('error'), warn: words('warn'), info: ignore, debug: ignore, verbose: ignore },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
  }

  /** Later warnings of the exporter and the processor are not written. */
  releaseDiagnostics(): void {
    diag.disable();
  }

  #line(level: string, message: string): void {
    const text = message.replace(CONTROL_CHARACTERS, ' ').slice(0, MAX_LINE_LENGTH);
    this.#write(`${new Date().toISOString()} ${level} ${text}`);
  }
}

/** What a log line says of an error: its class and code, since messages may quote anything. */
export function errorWord(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  return error.constructor.name + code;
}
