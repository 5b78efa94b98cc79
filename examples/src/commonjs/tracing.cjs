const { NodeSDK } = require('@opentelemetry/sdk-node');
const { BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http');
const { DatabricksSqlInstrumentation } = require('@dbsql-otel/instrumentation-databricks-sql');
const { DatabricksTelemetrySpanProcessor } = require('@dbsql-otel/exporter-databricks-telemetry');

const sdk = new NodeSDK({
  instrumentations: [new DatabricksSqlInstrumentation()],
  spanProcessors: [
    new BatchSpanProcessor(new OTLPTraceExporter()),
    new DatabricksTelemetrySpanProcessor(),
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
