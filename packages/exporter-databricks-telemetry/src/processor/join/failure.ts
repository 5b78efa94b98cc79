import { SpanStatusCode } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_ERROR_RETRYABLE,
  ATTR_ERROR_TYPE,
  ATTR_EXCEPTION_TYPE,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReadableSpan } from '../../otel';
import type { Role } from './span-role';

export function hasFailed(span: ReadableSpan): boolean {
  return span.status?.code === SpanStatusCode.ERROR;
}

/**
 * Whether a failed span's error is final: it is, unless the instrumentation found that the same call may succeed later
 * (`databricks.error.retryable`).
 */
export function isTerminal({ attributes }: ReadableSpan): boolean {
  return attributes[ATTR_DATABRICKS_ERROR_RETRYABLE] !== true;
}

/**
 * Whether the failure happened in the call of this span. A failure is recorded as an exception once, on the span of the
 * call that failed; spans it merely surfaced on carry the status alone.
 */
export function hasOwnException(span: ReadableSpan): boolean {
  const { events } = span;
  if (!Array.isArray(events)) return false;
  return events.some((event) => event?.attributes?.[ATTR_EXCEPTION_TYPE] !== undefined);
}

/**
 * Whether `span` says more about why the statement failed than `other`, which came before it: a terminal error more than
 * a retryable one, and the span of the call that failed more than one on which the failure surfaced.
 */
export function isMoreDecisive(span: ReadableSpan, other: ReadableSpan): boolean {
  if (isTerminal(span) !== isTerminal(other)) return isTerminal(span);
  return hasOwnException(span) && !hasOwnException(other);
}

/** `error.type` of what is rejected because the statement was cancelled. */
const CANCELED = 'CANCELED';

/**
 * Whether a fetch or download failed only because its statement was cancelled. A cancel that the application requested is no
 * failure; the statement's own span reports any other.
 */
export function wasCanceled(role: Role, span: ReadableSpan): boolean {
  return (role === 'fetch' || role === 'download') && span.attributes[ATTR_ERROR_TYPE] === CANCELED;
}
