import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
  databricksSampler,
} from '@dbsql-otel/exporter-databricks-telemetry';

const databricks = new DatabricksSqlInstrumentation({ driverTelemetry: 'replace' });
const telemetry = new DatabricksTelemetryExporter({ access: databricks.access });
const onePercent = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.01) });
const sdk = new NodeSDK({
  instrumentations: [databricks],
  // 1 % of the traces reach the OTLP backend; the telemetry of every statement reaches the workspace.
  sampler: databricksSampler(onePercent),
  spanProcessors: [
    new BatchSpanProcessor(new OTLPTraceExporter()),
    new DatabricksTelemetrySpanProcessor(telemetry),
  ],
});
sdk.start();
process.once('beforeExit', () => {
  sdk.shutdown().catch(console.error);
});
