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
}

const HEADERS = { Authorization: 'Bearer token' };

type Transport =
  typeof import('../../../../packages/exporter-databricks-telemetry/build/src/delivery/transport');

const FLAG = {
  flags: [
    {
      name: 'databricks.partnerplatform.clientConfigsFeatureFlags.enableTelemetryForNodeJs',
      value: 'true',
    },
  ],
  ttl_seconds: 3_600,
};

function answer(body: object): Promise<unknown> {
  return Promise.resolve({ kind: 'answer', status: 200, headers: {}, body: JSON.stringify(body) });
}

/** Replaces the socket, as it is replaced in the peer: what is posted is taken, the flag is on. */
function withoutSocket(): void {
  const transport =
    require('../../../../packages/exporter-databricks-telemetry/build/src/delivery/transport') as Transport;
  const [taken, flag] = [answer({ errors: [] }), answer(FLAG)];
  Object.assign(transport, {
    send: (_target: unknown, request: { readonly method: string }) =>
      request.method === 'POST' ? taken : flag,
  });
}

/** Spans are recorded and not sampled. Every connection goes to a host of its own, and has been made before. */
export function telemetry(connectionIds: readonly string[] = [CONNECTION_ID]): Telemetry {
  withoutSocket();
  const exporter = new DatabricksTelemetryExporter({
    access: {
      connection: (id) => ({
        host: `workspace-${id}.cloud.databricks.com`,
        port: 443,
        orgId: undefined,
        userAgent: undefined,
        headers: () => Promise.resolve(HEADERS),
        agent: () => Promise.resolve(undefined),
      }),
      onClosed: () => () => {},
      release: () => {},
    },
  });
  const processor = new DatabricksTelemetrySpanProcessor(exporter);
  const provider = providerOf([processor], new RecordOnlySampler());
  const tracer = provider.getTracer(SCOPE_NAME);
  for (const id of connectionIds) {
    connectSpan(tracer, id);
  }
  return { tracer, processor, provider };
}
