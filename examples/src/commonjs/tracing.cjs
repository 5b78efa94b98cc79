const { NodeSDK } = require('@opentelemetry/sdk-node');
const { BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http');
const { DatabricksSqlInstrumentation } = require('@dbsql-otel/instrumentation-databricks-sql');
const {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
} = require('@dbsql-otel/exporter-databricks-telemetry');

const databricks = new DatabricksSqlInstrumentation({ driverTelemetry: 'replace' });
const telemetry = new DatabricksTelemetryExporter({ access: databricks.access });
const sdk = new NodeSDK({
  instrumentations: [databricks],
  spanProcessors: [
    new BatchSpanProcessor(new OTLPTraceExporter()),
    new DatabricksTelemetrySpanProcessor(telemetry),
  ],
});
sdk.start();
process.once('beforeExit', () => {
  sdk.shutdown().catch(console.error);
});
