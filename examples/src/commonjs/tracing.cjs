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
process.once('beforeExit', () => {
  sdk.shutdown().catch(console.error);
});
