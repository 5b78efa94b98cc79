import { diag, DiagLogLevel } from '@opentelemetry/api';

const silent = (): void => {};

/** Hands every diagnostic from `level` on to `keep`, until `diag.disable()`. */
export function keepDiagnostics(level: DiagLogLevel, keep: (...parts: unknown[]) => void): void {
  const logged = (lowest: DiagLogLevel): typeof keep => (level >= lowest ? keep : silent);
  diag.setLogger(
    {
      error: logged(DiagLogLevel.ERROR),
      warn: logged(DiagLogLevel.WARN),
      info: logged(DiagLogLevel.INFO),
      debug: logged(DiagLogLevel.DEBUG),
      verbose: logged(DiagLogLevel.VERBOSE),
    },
    { logLevel: level, suppressOverrideMessage: true },
  );
}
