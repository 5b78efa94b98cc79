// What the README shows, as an application on either SDK line would write it. It is compiled, never run.
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { ConsoleWaterfallExporter } from '@dbsql-otel/instrumentation-databricks-sql/console';
import { SCOPE_NAME } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
  UndeliveredError,
} from '@dbsql-otel/exporter-databricks-telemetry';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { AlwaysOnSampler, batch } from './trace-sdk.js';
import type { ReadableSpan, SpanExporter, SpanProcessor } from './trace-sdk.js';

const databricks = new DatabricksSqlInstrumentation();

const exporter = new DatabricksTelemetryExporter({ access: databricks.access });
const asSpanExporter: SpanExporter = exporter;
const asSpanProcessor: SpanProcessor = new DatabricksTelemetrySpanProcessor(exporter);
const withItsOwnExporter: SpanProcessor = new DatabricksTelemetrySpanProcessor();

new NodeSDK({
  instrumentations: [databricks],
  sampler: new AlwaysOnSampler(),
  spanProcessors: [
    batch(asSpanExporter),
    asSpanProcessor,
    withItsOwnExporter,
    batch(new ConsoleWaterfallExporter()),
  ],
}).start();

/** Spans of the SDK go into our exporter, and what comes back undelivered is read. */
export function exportAgain(spans: ReadableSpan[]): void {
  exporter.export(spans, ({ error }) => {
    if (error instanceof UndeliveredError) {
      const count: number = error.undelivered.length;
      const retryAfterMs: number | undefined = error.retryAfterMs;
      const scope: string = SCOPE_NAME;
      void [count, retryAfterMs, scope];
    }
  });
}
