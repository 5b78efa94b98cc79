/** Our whole telemetry behind a tracer: processor, exporter, encoded bodies; only the socket is left out. */
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
} from '@dbsql-otel/exporter-databricks-telemetry';
import { SCOPE_NAME } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Tracer } from '@opentelemetry/api';
import { providerOf, RecordOnlySampler } from '../peers/spans';
import { CONNECTION_ID, connectSpan } from './statement-spans';

export interface Telemetry {
  readonly tracer: Tracer;
  readonly processor: DatabricksTelemetrySpanProcessor;
  readonly provider: ReturnType<typeof providerOf>;
  /** Characters of all bodies so far. */
  readonly bodyLength: () => number;
}

const NO_HEADERS = { Authorization: 'Bearer token' };

/** Spans are recorded and not sampled. Every connection goes to a host of its own, and has been made before. */
export function telemetry(connectionIds: readonly string[] = [CONNECTION_ID]): Telemetry {
  let length = 0;
  const exporter = new DatabricksTelemetryExporter({
    access: {
      connection: (id) => ({
        host: `workspace-${id}.cloud.databricks.com`,
        port: 443,
        orgId: undefined,
        userAgent: undefined,
        headers: () => Promise.resolve(NO_HEADERS),
        agent: () => Promise.resolve(undefined),
      }),
      onClosed: () => () => {},
      release: () => {},
    },
    dryRun: ({ body }) => {
      length += body.length;
    },
  });
  const processor = new DatabricksTelemetrySpanProcessor(exporter);
  const provider = providerOf([processor], new RecordOnlySampler());
  const tracer = provider.getTracer(SCOPE_NAME);
  for (const id of connectionIds) {
    connectSpan(tracer, id);
  }
  return { tracer, processor, provider, bodyLength: () => length };
}
