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

/** What a recorded span with our usual attributes takes on the heap. */
const USUAL_SPAN_BYTES = 2_048;

/** More events than these are not looked at: a span of ours has one. */
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
 * Estimated bytes a span keeps alive: a fixed part, and the lengths of the texts that are not bounded by us. Cheap
 * rather than exact; one UTF-16 unit counts as one byte, since nearly all of these texts are Latin-1 on the heap.
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
 * As {@link estimateSpanBytes}, for the many spans of statements whose id is sound: the other texts of theirs are those
 * of the session, which they share, and each look-up counts.
 */
export function estimateStatementBytes(span: ReadableSpan): number {
  return USUAL_SPAN_BYTES + textLength(span.attributes[ATTR_DB_QUERY_TEXT]);
}

function textLength(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}
