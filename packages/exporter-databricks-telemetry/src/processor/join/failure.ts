import { SpanStatusCode } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_ERROR_RETRYABLE,
  ATTR_DB_RESPONSE_STATUS_CODE,
  ATTR_ERROR_TYPE,
  ATTR_EXCEPTION_TYPE,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReadableSpan } from '../../otel';
import type { Role } from './span-role';

/** Values of `error.type` or `db.response.status_code` after which the same call may succeed. */
const RETRYABLE_TYPES: ReadonlySet<unknown> = new Set([
  '429',
  '500',
  '502',
  '503',
  '504',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'RetryError',
  'TimeoutError',
  'TIMEOUT',
  'ATTEMPTS_EXCEEDED',
  'TIMEOUT_EXCEEDED',
]);

export function hasFailed(span: ReadableSpan): boolean {
  return span.status?.code === SpanStatusCode.ERROR;
}

/**
 * Whether a failed span's error is final. `databricks.error.retryable` decides where it is set;
 * else `error.type`, else `db.response.status_code`, by the lists of the driver's own classifier. An error of neither
 * list, a SQLSTATE or a class name, is terminal: nothing repeats that call.
 */
export function isTerminal(span: ReadableSpan): boolean {
  const { attributes } = span;
  const retryable = attributes[ATTR_DATABRICKS_ERROR_RETRYABLE];
  if (typeof retryable === 'boolean') return !retryable;
  return (
    !RETRYABLE_TYPES.has(attributes[ATTR_ERROR_TYPE]) &&
    !RETRYABLE_TYPES.has(attributes[ATTR_DB_RESPONSE_STATUS_CODE])
  );
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

/** `error.type` of what is rejected because the statement was cancelled. */
const CANCELED = 'CANCELED';

/**
 * Whether a fetch or download failed only because its statement was cancelled. A cancel that the application requested is no
 * failure; the statement's own span reports any other.
 */
export function wasCanceled(role: Role, span: ReadableSpan): boolean {
  return (role === 'fetch' || role === 'download') && span.attributes[ATTR_ERROR_TYPE] === CANCELED;
}
