import {
  ATTR_DB_NAMESPACE,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_QUERY_TEXT,
  ATTR_DATABRICKS_CONNECTION_ID,
  ATTR_DATABRICKS_SESSION_ID,
  ATTR_DATABRICKS_STATEMENT_ID,
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_STACKTRACE,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReadableSpan } from '../../otel';

/** Heap size of a recorded span with the usual attributes. */
const USUAL_SPAN_BYTES = 2_048;

/** Events that are measured at most: a span of the instrumentation has one. */
const MAX_EVENTS_MEASURED = 128;

/** The attributes whose length the application or the server decides. */
const UNBOUNDED_ATTRIBUTES = [
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_NAMESPACE,
  ATTR_DATABRICKS_STATEMENT_ID,
  ATTR_DATABRICKS_SESSION_ID,
  ATTR_DATABRICKS_CONNECTION_ID,
] as const;

/**
 * Estimated bytes that a span keeps alive: a fixed part, and the lengths of the unbounded strings. Cheap rather than
 * exact; one UTF-16 unit counts as one byte, since nearly all of these strings are Latin-1 on the heap.
 */
export function estimateSpanBytes(span: ReadableSpan): number {
  const { attributes, events } = span;
  let bytes = USUAL_SPAN_BYTES;
  for (const name of UNBOUNDED_ATTRIBUTES) bytes += textLength(attributes[name]);
  const measured = Math.min(events?.length ?? 0, MAX_EVENTS_MEASURED);
  for (let index = 0; index < measured; index += 1) {
    const event = events[index]?.attributes;
    bytes += textLength(event?.[ATTR_EXCEPTION_STACKTRACE]);
    bytes += textLength(event?.[ATTR_EXCEPTION_MESSAGE]);
  }
  return bytes;
}

/**
 * As {@link estimateSpanBytes}, for statements: their other long strings are shared with the session, and each look-up
 * costs time.
 */
export function estimateStatementBytes(span: ReadableSpan): number {
  return USUAL_SPAN_BYTES + textLength(span.attributes[ATTR_DB_QUERY_TEXT]);
}

function textLength(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}
