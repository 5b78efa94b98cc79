import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { DatabricksTelemetrySpanProcessor } from '@dbsql-otel/exporter-databricks-telemetry';

// Telemetry needs neither an SDK nor a tracer provider.
void new DatabricksSqlInstrumentation();
const telemetry = new DatabricksTelemetrySpanProcessor();
process.once('beforeExit', () => {
  telemetry.shutdown().catch(console.error);
});
