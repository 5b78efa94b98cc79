/** The same spans behind our processor and behind the SDK's batch processor. */
import { DatabricksTelemetrySpanProcessor } from '@dbsql-otel/exporter-databricks-telemetry';
import {
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_STATEMENT_ID,
  OPERATION_CLOSE_STATEMENT,
  OPERATION_EXECUTE_STATEMENT,
  SCOPE_NAME,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Attributes } from '@opentelemetry/api';
import { alternate, type Arm } from '../harness/alternate';
import type { Benchmark, Figure } from '../harness/benchmark';
import { statementId } from '../harness/ids';
import { inTurns } from '../harness/turn';
import { batching, NullExporter, providerOf } from '../peers/spans';
import { statementSpans } from '../subjects/statement-spans';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';

const OURS = 'our processor';
const BATCH = 'BatchSpanProcessor';
const FLOOR = 'joined by a map';

/** Ids of statements that have their record, so that a late span makes no second one; as many as ours remembers. */
const REMEMBERED_IDS = 1_024;
/** Records per export, as in ours. */
const BATCH_SIZE = 100;

/** What a record cannot do without: the statement's span, what its close said, its place in the order. */
class LeastRecord {
  constructor(
    readonly span: ReadableSpan,
    readonly completion: Attributes,
    readonly sequence: number,
  ) {}
}

/** The least that a join by the statement's id does. It knows neither failures nor sessions nor bounds nor accounts. */
function leastJoin(): SpanProcessor {
  const byId = new Map<unknown, ReadableSpan | null>();
  const finishedIds: unknown[] = [];
  let oldest = 0;
  let sequence = 0;
  let records: LeastRecord[] = [];
  return {
    onStart: () => {},
    onEnd: (span) => {
      const { attributes } = span;
      const id = attributes[ATTR_DATABRICKS_STATEMENT_ID];
      switch (attributes[ATTR_DATABRICKS_OPERATION]) {
        case OPERATION_EXECUTE_STATEMENT:
          byId.set(id, span);
          break;
        case OPERATION_CLOSE_STATEMENT: {
          const statement = byId.get(id);
          if (statement == null) return;
          byId.set(id, null);
          byId.delete(finishedIds[oldest]);
          finishedIds[oldest] = id;
          oldest = (oldest + 1) % REMEMBERED_IDS;
          sequence += 1;
          records.push(new LeastRecord(statement, attributes, sequence));
          if (records.length === BATCH_SIZE) records = [];
          break;
        }
      }
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

function arm(name: string, processor: SpanProcessor, chunks: number): Arm {
  const tracer = providerOf([processor]).getTracer(SCOPE_NAME);
  return {
    name,
    run: (units) =>
      inTurns(units, () => {
        statementSpans(tracer, statementId(), chunks);
      }),
  };
}

export const benchmark: Benchmark = {
  name: 'spans',
  title: 'Spans with our processor, against the same spans with BatchSpanProcessor',
  async run(effort): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const chunks of [0, 20, 200]) {
      const arms = [
        arm(OURS, new DatabricksTelemetrySpanProcessor(new NullExporter()), chunks),
        arm(BATCH, batching(), chunks),
        ...(chunks === 0 ? [arm(FLOOR, leastJoin(), chunks)] : []),
      ];
      const rounds = await alternate(arms, [[OURS, BATCH]], effort);
      figures.push(
        rounds.figure(OURS, BATCH, {
          row: 3,
          label: `statement, close and ${chunks} downloads`,
          target: 1.05,
          gate: 1.1,
          limit: 1.5,
        }),
      );
      if (chunks === 0) {
        figures.push(
          rounds.figure(FLOOR, BATCH, {
            label: 'floor: joined by a map, late spans known, one record',
          }),
        );
      }
    }
    return figures;
  },
};
