/**
 * `node --import @dbsql-otel/exporter-databricks-telemetry/register app.mjs`, or `--require`: instruments the driver on
 * the global OpenTelemetry API, reports its telemetry, and flushes at the end of the process. Works beside any SDK,
 * registered before or after, and without one. Options come from `DATABRICKS_TELEMETRY_*` variables.
 */
import { diag, DiagConsoleLogger, DiagLogLevel } from '@opentelemetry/api';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { sdkDisabled } from '../config';
import { guarded } from '../diagnostics';
import { EarlyLines } from '../early-lines';
import { DatabricksTelemetryExporter } from '../exporter/exporter';
import { DatabricksTelemetrySpanProcessor } from '../processor/processor';
import { optionsFromEnvironment } from './environment';
import { flushAtProcessEnd } from './process-end';

function register(): void {
  logAtLevelOfEnvironment();
  const lines = new EarlyLines();
  if (sdkDisabled()) {
    lines.info(
      'OTEL_SDK_DISABLED is true: nothing is registered, the driver sends its own telemetry',
    );
    return;
  }
  const { instrumentation, exporter, processor } = optionsFromEnvironment(process.env, lines.warn);
  // Patches the driver as it is loaded, from its construction on.
  void new DatabricksSqlInstrumentation(instrumentation);
  flushAtProcessEnd(
    new DatabricksTelemetrySpanProcessor(new DatabricksTelemetryExporter(exporter), processor),
  );
}

/** `OTEL_LOG_LEVEL` prints diagnostics, as it does with the SDK for Node.js. Absent, nothing is printed. */
function logAtLevelOfEnvironment(): void {
  const name = process.env['OTEL_LOG_LEVEL']?.trim().toUpperCase() ?? '';
  const level = Object.entries(DiagLogLevel).find(([known]) => known === name)?.[1];
  if (typeof level === 'number') {
    diag.setLogger(new DiagConsoleLogger(), { logLevel: level, suppressOverrideMessage: true });
  }
}

guarded('register', register);
