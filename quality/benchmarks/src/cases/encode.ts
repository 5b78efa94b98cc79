/** One record from what the processor hands over to its place in the body, against the built-in exporter's. */
import { SCOPE_NAME } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { connectionFacts } from '../../../../packages/exporter-databricks-telemetry/build/src/frontend-log/connection-facts';
import {
  encodeOperation,
  prepareConnection,
} from '../../../../packages/exporter-databricks-telemetry/build/src/frontend-log/translate';
import { alternate } from '../harness/alternate';
import type { Arm } from '../harness/alternate';
import type { Benchmark, Figure } from '../harness/benchmark';
import { SESSION_ID, statementId } from '../harness/ids';
import { CollectingProcessor } from '../peers/collecting';
import { driverExporter } from '../peers/driver-telemetry';
import { providerOf, RecordOnlySampler } from '../peers/spans';
import { CONNECTION_ATTRIBUTES, statementSpans } from '../subjects/statement-spans';
import type { TelemetryMetric } from '@databricks/sql/dist/telemetry/types';

const OURS = 'ours';
const PEER = 'built-in telemetry';
/** As many as a batch has. */
const RECORDS = 100;
const CHUNKS = 20;

let sink = 0;

function ours(): Arm {
  const collecting = new CollectingProcessor();
  const tracer = providerOf([collecting], new RecordOnlySampler()).getTracer(SCOPE_NAME);
  for (let record = 0; record < RECORDS; record++) {
    statementSpans(tracer, statementId(), 0);
  }
  // Each statement's span is followed by its close.
  const records = Array.from({ length: RECORDS }, (_, index) => ({
    span: collecting.spans[index * 2],
    completion: collecting.spans[index * 2 + 1]?.attributes,
  }));
  const prepared = prepareConnection(
    connectionFacts(CONNECTION_ATTRIBUTES, {
      hostname: 'workspace.cloud.databricks.com',
      port: 443,
    }),
    'agent',
  );
  return {
    name: OURS,
    run(units) {
      for (let unit = 0; unit < units; unit++) {
        const record = records[unit % RECORDS];
        if (record?.span !== undefined) {
          sink += encodeOperation(record.span, prepared, record).length;
        }
      }
    },
  };
}

function peer(): Arm {
  const exporter = driverExporter(() => {});
  const metrics = Array.from({ length: RECORDS }, (): TelemetryMetric => ({
    metricType: 'statement',
    timestamp: 1_800_000_000_000,
    sessionId: SESSION_ID,
    statementId: statementId(),
    operationType: 'EXECUTE_STATEMENT',
    latencyMs: 120,
    resultFormat: 'EXTERNAL_LINKS',
    chunkCount: CHUNKS,
    chunkInitialLatencyMs: 40,
    chunkSlowestLatencyMs: 90,
    chunkSumLatencyMs: 800,
    bytesDownloaded: CHUNKS * 1_048_576,
    pollCount: 2,
    compressed: true,
  }));
  return {
    name: PEER,
    run(units) {
      for (let unit = 0; unit < units; unit++) {
        const metric = metrics[unit % RECORDS];
        if (metric !== undefined) sink += exporter.encode(metric).length;
      }
    },
  };
}

export const benchmark: Benchmark = {
  name: 'encode',
  title: 'Encoding a record, against the built-in telemetry',
  async run(effort): Promise<Figure[]> {
    const rounds = await alternate([ours(), peer()], [[OURS, PEER]], effort);
    if (sink === 0) throw new Error('nothing was encoded');
    return [
      rounds.figure(OURS, PEER, {
        row: 8,
        label: 'one statement',
        target: 0.33,
        gate: 0.45,
        limit: 0.6,
      }),
    ];
  },
};
