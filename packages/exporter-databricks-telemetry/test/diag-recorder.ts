import { diag, DiagLogLevel } from '@opentelemetry/api';

/** Everything that was said to `diag` while it was installed. */
export class DiagRecorder {
  readonly lines: { level: string; text: string }[] = [];

  install(): this {
    const record =
      (level: string) =>
      (...parts: unknown[]): void => {
        this.lines.push({ level, text: parts.map(String).join(' ') });
      };
    diag.setLogger(
      {
        error: record('error'),
        warn: record('warn'),
        info: record('info'),
        debug: record('debug'),
        verbose: record('verbose'),
      },
      { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true },
    );
    this.lines.length = 0;
    return this;
  }

  warnings(text: string): number {
    return this.lines.filter((line) => line.level === 'warn' && line.text.includes(text)).length;
  }

  remove(): void {
    diag.disable();
  }
}
