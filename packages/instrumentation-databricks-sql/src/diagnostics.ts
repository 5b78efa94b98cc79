import { diag } from '@opentelemetry/api';
import type { DiagLogger } from '@opentelemetry/api';
import { SCOPE_NAME } from './scope';

/** The logger of this package. Ignores a logger of the application that throws. */
export function componentDiag(): DiagLogger {
  const logger = diag.createComponentLogger({ namespace: SCOPE_NAME });
  const guarded =
    (level: keyof DiagLogger): DiagLogger[keyof DiagLogger] =>
    (message, ...details) => {
      try {
        logger[level](message, ...details);
      } catch {
        // The application's logger failed, so the failure cannot be logged.
      }
    };
  return {
    error: guarded('error'),
    warn: guarded('warn'),
    info: guarded('info'),
    debug: guarded('debug'),
    verbose: guarded('verbose'),
  };
}
