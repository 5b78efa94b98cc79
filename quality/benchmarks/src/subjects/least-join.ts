/**
 * The least that a join by the statement's id does: a map, the ids of statements that have their record, one record. It
 * knows neither failures nor sessions nor bounds nor accounts.
 */
import {
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_STATEMENT_ID,
  OPERATION_CLOSE_STATEMENT,
  OPERATION_EXECUTE_STATEMENT,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';

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

export function leastJoin(): SpanProcessor {
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
