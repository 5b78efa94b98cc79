import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { DatabricksTelemetrySpanProcessor } from '@dbsql-otel/exporter-databricks-telemetry';

const spanProcessors = [
  new BatchSpanProcessor(new OTLPTraceExporter()),
  new DatabricksTelemetrySpanProcessor(),
];
new NodeSDK({ instrumentations: [new DatabricksSqlInstrumentation()], spanProcessors }).start();

/** Awaited at the end of every invocation, because the runtime freezes the process until the next one. */
export const flush = () =>
  Promise.allSettled(spanProcessors.map((processor) => processor.forceFlush()));
