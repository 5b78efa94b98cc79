/** Counting a statement's figures and joining them into one record, no spans in either. */
import { DatabricksTelemetrySpanProcessor } from '@dbsql-otel/exporter-databricks-telemetry';
import {
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_SESSION_ID,
  ATTR_DATABRICKS_STATEMENT_ID,
  OPERATION_CLOSE_STATEMENT,
  OPERATION_EXECUTE_STATEMENT,
  SCOPE_NAME,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Attributes } from '@opentelemetry/api';
import { alternate, type Arm } from '../harness/alternate';
import type { Benchmark, Figure } from '../harness/benchmark';
import { SESSION_ID, statementId } from '../harness/ids';
import { inTurns } from '../harness/turn';
import { DriverTelemetry } from '../peers/driver-telemetry';
import { NullExporter } from '../peers/spans';
import { countedStatement, totalsOf } from '../subjects/counted-statement';
import { endedSpan } from '../subjects/ended-span';

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

/** A statement with nothing but its counters and its place in a map and a queue. */
interface Counted {
  readonly id: string;
  chunks: number;
  bytes: number;
  totalMs: number;
  slowestMs: number;
  rows: number;
}

const FLOOR = 'floor';
const QUEUE_LENGTH = 100;

/** What no join by id can do without: an object, found by its id when it ends and when it is closed, and a queue. */
function floor(chunks: number): Arm {
  const byId = new Map<string, Counted>();
  let queue: Counted[] = [];
  return {
    name: FLOOR,
    run: (units) =>
      inTurns(units, () => {
        const id = statementId();
        const counted = { id, chunks: 0, bytes: 0, totalMs: 0, slowestMs: 0, rows: 0 };
        for (let index = 0; index < chunks; index++) {
          counted.chunks += 1;
          counted.bytes += 1_048_576;
          counted.totalMs += 12;
          counted.rows += 1_000;
          if (counted.slowestMs < 12) {
            counted.slowestMs = 12;
          }
        }
        byId.set(id, counted);
        const closed = byId.get(id);
        byId.delete(id);
        if (closed !== undefined) {
          queue.push(closed);
        }
        if (queue.length === QUEUE_LENGTH) {
          queue = [];
        }
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
      const arms = [ours(chunks), peer(chunks), floor(chunks)];
      const rounds = await alternate(arms, [[OURS, PEER]], effort);
      figures.push(
        rounds.figure(OURS, PEER, { row: 1, label: `${chunks} chunks`, target, gate, limit }),
        rounds.figure(FLOOR, PEER, {
          label: `floor: ${chunks} chunks counted, joined by a map, queued`,
        }),
      );
    }
    return figures;
  },
};
