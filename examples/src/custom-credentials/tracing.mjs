import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
} from '@dbsql-otel/exporter-databricks-telemetry';

const { DATABRICKS_SERVER_HOSTNAME: host = '', TELEMETRY_TOKEN: token = '' } = process.env;

const telemetry = new DatabricksTelemetryExporter({
  host,
  // Asked anew for every batch, so a token may be rotated at any time.
  headers: async () => ({ Authorization: `Bearer ${token}` }),
});
const sdk = new NodeSDK({
  instrumentations: [new DatabricksSqlInstrumentation()],
  spanProcessors: [
    new BatchSpanProcessor(new OTLPTraceExporter()),
    new DatabricksTelemetrySpanProcessor(telemetry),
  ],
});
sdk.start();

// What is queued leaves before the process ends. An application that handles the signals ends by itself.
const shutdown = () => sdk.shutdown().catch(console.error);
process.once('beforeExit', () => void shutdown());
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    if (process.listenerCount(signal) > 0) return;
    void shutdown().then(() => process.kill(process.pid, signal));
  });
}
