import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { DatabricksTelemetrySpanProcessor } from '@dbsql-otel/exporter-databricks-telemetry';

// Telemetry needs neither an SDK nor a tracer provider.
void new DatabricksSqlInstrumentation();
const telemetry = new DatabricksTelemetrySpanProcessor();

// What is queued leaves before the process ends. An application that handles the signals ends by itself.
const shutdown = () => telemetry.shutdown().catch(console.error);
process.once('beforeExit', () => void shutdown());
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    if (process.listenerCount(signal) > 0) return;
    void shutdown().then(() => process.kill(process.pid, signal));
  });
}
