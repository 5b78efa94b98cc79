/** Counting a statement's figures and joining them into one record, no spans in either. */
import { DatabricksTelemetrySpanProcessor } from '@dbsql-otel/exporter-databricks-telemetry';
import {
  ATTR_DATABRICKS_CLOUDFETCH_SLOWEST_DURATION,
  ATTR_DATABRICKS_CLOUDFETCH_TOTAL_DURATION,
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_RESULT_CHUNK_COUNT,
  ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION,
  ATTR_DATABRICKS_RESULT_READY_DURATION,
  ATTR_DATABRICKS_RESULT_ROW_COUNT,
  ATTR_DATABRICKS_RESULT_SIZE,
  ATTR_DATABRICKS_SESSION_ID,
  ATTR_DATABRICKS_STATEMENT_ID,
  OPERATION_CLOSE_STATEMENT,
  OPERATION_EXECUTE_STATEMENT,
  SCOPE_NAME,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Attributes } from '@opentelemetry/api';
import { alternate } from '../harness/alternate';
import type { Arm } from '../harness/alternate';
import type { Benchmark, Figure } from '../harness/benchmark';
import { SESSION_ID, statementId } from '../harness/ids';
import { inTurns } from '../harness/turn';
import { DriverTelemetry } from '../peers/driver-telemetry';
import { NullExporter } from '../peers/spans';
import { countedStatement, totalsOf } from '../subjects/counted-statement';
import { endedSpan } from '../subjects/ended-span';
import { leastJoin } from '../subjects/least-join';

const OURS = 'ours';
const PEER = 'built-in telemetry';

const TEMPLATE = endedSpan(SCOPE_NAME, {});

/** A span that cost nothing: what the processor reads of it, on a shared rest. */
class FreeSpan {
  constructor(readonly attributes: Attributes) {}
}
Object.setPrototypeOf(
  FreeSpan.prototype,
  Object.fromEntries(Object.entries(TEMPLATE).filter(([name]) => name !== 'attributes')),
);

function freeSpan(attributes: Attributes): typeof TEMPLATE {
  return new FreeSpan(attributes) as unknown as typeof TEMPLATE;
}

function ours(chunks: number): Arm {
  const count = countedStatement();
  const processor = new DatabricksTelemetrySpanProcessor(new NullExporter());
  return {
    name: OURS,
    run: (units) =>
      inTurns(units, () => {
        const id = statementId();
        const totals = totalsOf(count(chunks));
        processor.onEnd(
          freeSpan({
            [ATTR_DATABRICKS_OPERATION]: OPERATION_EXECUTE_STATEMENT,
            [ATTR_DATABRICKS_STATEMENT_ID]: id,
            [ATTR_DATABRICKS_SESSION_ID]: SESSION_ID,
          }),
        );
        totals[ATTR_DATABRICKS_OPERATION] = OPERATION_CLOSE_STATEMENT;
        totals[ATTR_DATABRICKS_STATEMENT_ID] = id;
        processor.onEnd(freeSpan(totals));
      }),
  };
}

function peer(chunks: number): Arm {
  const telemetry = new DriverTelemetry();
  return {
    name: PEER,
    run: (units) =>
      inTurns(units, () => {
        telemetry.statement(statementId(), SESSION_ID, chunks);
      }),
  };
}

/** A statement with nothing but its counters. */
class Counted {
  chunks = 0;
  bytes = 0;
  totalMs = 0;
  slowestMs = 0;
  rows = 0;

  add(durationMs: number, bytes: number, rows: number): void {
    this.chunks += 1;
    this.bytes += bytes;
    this.totalMs += durationMs;
    this.rows += rows;
    if (this.slowestMs < durationMs) this.slowestMs = durationMs;
  }
}

function counted(chunks: number): Counted {
  const statement = new Counted();
  for (let index = 0; index < chunks; index++) statement.add(12, 1_048_576, 1_000);
  return statement;
}

const FLOOR = 'floor';
const PROTOTYPE = 'prototype';
const QUEUE_LENGTH = 100;

/** What the targets were set on: counters that are found by an id, and queued. Nothing travels on spans. */
function prototype(chunks: number): Arm {
  const byId = new Map<string, Counted>();
  let queue: Counted[] = [];
  return {
    name: PROTOTYPE,
    run: (units) =>
      inTurns(units, () => {
        const id = statementId();
        byId.set(id, counted(chunks));
        const closed = byId.get(id);
        byId.delete(id);
        if (closed !== undefined) queue.push(closed);
        if (queue.length === QUEUE_LENGTH) queue = [];
      }),
  };
}

/**
 * The least where the instrumentation counts, two spans tell, and a processor that knows nothing else joins them: the
 * same counters, the clock when the statement starts, is answered and has its rows, and what the two spans say.
 */
function floor(chunks: number): Arm {
  const processor = leastJoin();
  return {
    name: FLOOR,
    run: (units) =>
      inTurns(units, () => {
        const id = statementId();
        const startMs = performance.now();
        const answeredMs = performance.now();
        const statement = counted(chunks);
        const rowsMs = performance.now();
        processor.onEnd(
          freeSpan({
            [ATTR_DATABRICKS_OPERATION]: OPERATION_EXECUTE_STATEMENT,
            [ATTR_DATABRICKS_STATEMENT_ID]: id,
            [ATTR_DATABRICKS_SESSION_ID]: SESSION_ID,
          }),
        );
        processor.onEnd(
          freeSpan({
            [ATTR_DATABRICKS_RESULT_ROW_COUNT]: statement.rows,
            [ATTR_DATABRICKS_RESULT_READY_DURATION]: (answeredMs - startMs) / 1000,
            [ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION]: (rowsMs - answeredMs) / 1000,
            [ATTR_DATABRICKS_RESULT_CHUNK_COUNT]: statement.chunks,
            [ATTR_DATABRICKS_RESULT_SIZE]: statement.bytes,
            [ATTR_DATABRICKS_CLOUDFETCH_SLOWEST_DURATION]: statement.slowestMs / 1000,
            [ATTR_DATABRICKS_CLOUDFETCH_TOTAL_DURATION]: statement.totalMs / 1000,
            [ATTR_DATABRICKS_OPERATION]: OPERATION_CLOSE_STATEMENT,
            [ATTR_DATABRICKS_STATEMENT_ID]: id,
          }),
        );
      }),
  };
}

export const benchmark: Benchmark = {
  name: 'counters',
  title: 'Counting and joining a statement, against the built-in emit and aggregate',
  async run(effort): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const [chunks, target, gate, limit] of [
      [0, 0.3, 0.5, 3],
      [20, 0.1, 0.15, 0.8],
      [200, 0.05, 0.08, 0.25],
    ] as const) {
      const arms = [ours(chunks), peer(chunks), floor(chunks), prototype(chunks)];
      const rounds = await alternate(arms, [[OURS, PEER]], effort);
      figures.push(
        rounds.figure(OURS, PEER, { row: 1, label: `${chunks} chunks`, target, gate, limit }),
        rounds.figure(FLOOR, PEER, {
          label: `floor: ${chunks} chunks counted, told by two spans, joined by a map`,
        }),
        rounds.figure(PROTOTYPE, PEER, {
          label: `${chunks} chunks counted, found by a map, queued: no spans, no clock`,
        }),
      );
    }
    return figures;
  },
};
