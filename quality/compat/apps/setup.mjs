// Named imports, so that a package whose names an ESM importer cannot see fails here.
import { createRequire } from 'node:module';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { ConsoleWaterfallExporter } from '@dbsql-otel/instrumentation-databricks-sql/console';
import { SCOPE_NAME } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
  UndeliveredError,
} from '@dbsql-otel/exporter-databricks-telemetry';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import pipeline from './pipeline.cjs';
import traceSdk from './trace-sdk.cjs';

const names = { ConsoleWaterfallExporter, SCOPE_NAME, UndeliveredError };
if (Object.values(names).includes(undefined)) {
  throw new Error('A named export has no value');
}

const secondCopy = createRequire(new URL('../second-copy/node_modules/', import.meta.url))(
  '@dbsql-otel/instrumentation-databricks-sql',
);

pipeline.start(
  {
    instrumentation: { DatabricksSqlInstrumentation },
    exporter: { DatabricksTelemetryExporter, DatabricksTelemetrySpanProcessor },
    sdkNode: { NodeSDK },
    traceSdk,
    otlp: { OTLPTraceExporter },
    http: { HttpInstrumentation },
    undici: { UndiciInstrumentation },
  },
  secondCopy,
);
