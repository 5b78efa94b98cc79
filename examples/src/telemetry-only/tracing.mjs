import { NodeSDK } from '@opentelemetry/sdk-node';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
  databricksSampler,
} from '@dbsql-otel/exporter-databricks-telemetry';

const databricks = new DatabricksSqlInstrumentation({ driverTelemetry: 'replace' });
const telemetry = new DatabricksTelemetryExporter({ access: databricks.access });
const sdk = new NodeSDK({
  instrumentations: [databricks],
  // No trace is sampled; the spans telemetry is made of are recorded all the same.
  sampler: databricksSampler(new AlwaysOffSampler()),
  spanProcessors: [new DatabricksTelemetrySpanProcessor(telemetry)],
});
sdk.start();
process.once('beforeExit', () => {
  sdk.shutdown().catch(console.error);
});
