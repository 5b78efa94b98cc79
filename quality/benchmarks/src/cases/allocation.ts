/** Bytes allocated per statement beyond the spans, against the built-in telemetry's. */
import { DatabricksTelemetrySpanProcessor } from '@dbsql-otel/exporter-databricks-telemetry';
import { SCOPE_NAME } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Benchmark, Figure } from '../harness/benchmark';
import { SESSION_ID, statementId } from '../harness/ids';
import { allocatedBytes } from '../harness/memory';
import { sampled, sampledRatio } from '../harness/sampled';
import { CollectingProcessor } from '../peers/collecting';
import { DriverTelemetry } from '../peers/driver-telemetry';
import { NullExporter, providerOf, RecordOnlySampler } from '../peers/spans';
import { countedStatement } from '../subjects/counted-statement';
import { statementSpans } from '../subjects/statement-spans';

/** As many as two queues hold, so that nothing overflows before the loop turns. */
const STATEMENTS = 400;

/** Counters and join of ours: the spans are made before, with the attributes their makers hand over. */
async function oursPerStatement(chunks: number): Promise<number> {
  const collecting = new CollectingProcessor();
  const tracer = providerOf([collecting], new RecordOnlySampler()).getTracer(SCOPE_NAME);
  for (let statement = 0; statement < STATEMENTS; statement++) {
    statementSpans(tracer, statementId(), 0);
  }
  const processor = new DatabricksTelemetrySpanProcessor(new NullExporter());
  const end = processor.onEnd.bind(processor);
  const count = countedStatement();
  count(chunks);
  const bytes = await allocatedBytes(() => {
    // Not a loop over the array: that would allocate, too.
    collecting.spans.forEach(end);
    for (let statement = 0; statement < STATEMENTS; statement++) {
      count(chunks);
    }
  });
  await processor.shutdown();
  return bytes / STATEMENTS;
}

/** What the spans of a statement say that is not known before they end: a field for each, and no other. */
class Facts {
  statementId: string | undefined = undefined;
  state: string | undefined = undefined;
  directResults: boolean | undefined = undefined;
  pollCount = 0;
  pollMs = 0;
  retryCount = 0;
  terminalMs = 0;
  rowCount = 0;
  firstRowsMs = 0;
  lastRowsMs = 0;
  chunksPresent = 0;
  chunksConsumed = 0;
  bytes = 0;
  firstDownloadMs = 0;
  slowestDownloadMs = 0;
  totalDownloadMs = 0;

  constructor(readonly startMs: number) {}
}

/** What is kept of a statement between the end of its span and its close. */
class Entry {
  closing: object | undefined = undefined;

  constructor(readonly span: object) {}
}

/** What a record is on its way: the statement's span, what its close said, its place in the order. */
class LeastRecord {
  constructor(
    readonly span: object,
    readonly completion: object | undefined,
    readonly sequence: number,
  ) {}
}

/** The least: an object of facts, an entry found by id, a record in a queue. */
async function leastPerStatement(chunks: number): Promise<number> {
  const ids = Array.from({ length: STATEMENTS }, () => statementId());
  const span = {};
  let facts: Facts[] = [];
  let records: LeastRecord[] = [];
  const bytes = await allocatedBytes(() => {
    const byId = new Map<string, Entry>();
    for (let index = 0; index < STATEMENTS; index++) {
      const id = ids[index] ?? '';
      const counted = new Facts(performance.now());
      counted.statementId = id;
      counted.state = 'FINISHED';
      counted.directResults = false;
      counted.terminalMs = performance.now();
      for (let chunk = 0; chunk < chunks; chunk++) {
        counted.chunksPresent += 1;
        counted.bytes += 1_048_576;
        counted.totalDownloadMs += 12;
      }
      counted.firstRowsMs = counted.lastRowsMs = performance.now();
      facts.push(counted);
      const entry = new Entry(span);
      byId.set(id, entry);
      entry.closing = span;
      records.push(new LeastRecord(entry.span, entry.closing, index));
      byId.delete(id);
    }
  });
  facts = [];
  records = [];
  return bytes / STATEMENTS;
}

async function peerPerStatement(chunks: number): Promise<number> {
  const telemetry = new DriverTelemetry();
  const bytes = await allocatedBytes(() => {
    for (let statement = 0; statement < STATEMENTS; statement++) {
      telemetry.statement(statementId(), SESSION_ID, chunks);
    }
  });
  await telemetry.close();
  return bytes / STATEMENTS;
}

const WARM_UP_ROUNDS = 30;

export const benchmark: Benchmark = {
  name: 'allocation',
  title: 'Bytes allocated per statement beyond its spans, against the built-in telemetry',
  // The whole measurement has to fit into the young generation.
  nodeFlags: ['--min-semi-space-size=128', '--max-semi-space-size=128'],
  async run(effort): Promise<Figure[]> {
    const rounds = effort.short ? 7 : 25;
    const figures: Figure[] = [];
    for (const [chunks, target, gate, limit] of [
      [0, 0.2, 0.3, 0.85],
      [20, 0.05, 0.08, 0.3],
    ] as const) {
      const ours: number[] = [];
      const peer: number[] = [];
      const least: number[] = [];
      for (
        let round = effort.short ? -WARM_UP_ROUNDS / 2 : -WARM_UP_ROUNDS;
        round < rounds;
        round++
      ) {
        const bytes = {
          ours: await oursPerStatement(chunks),
          peer: await peerPerStatement(chunks),
          least: await leastPerStatement(chunks),
        };
        if (round >= 0) {
          ours.push(bytes.ours);
          peer.push(bytes.peer);
          least.push(bytes.least);
        }
      }
      figures.push(
        { ...sampledRatio(`${chunks} chunks`, ours, peer), row: 4, target, gate, limit },
        sampledRatio(
          `floor: ${chunks} chunks, a field for each fact, an entry, a record`,
          least,
          peer,
        ),
        sampled(`${chunks} chunks: ours`, 'bytes', ours),
        sampled(`${chunks} chunks: built-in telemetry`, 'bytes', peer),
      );
    }
    return figures;
  },
};
