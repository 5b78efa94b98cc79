import { randomUUID } from 'node:crypto';
import type { SpanContext } from '@opentelemetry/api';

const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;
const TRACE_ID = /^[0-9a-f]{32}$/;

/**
 * A UUID (version 8) made of the span's ids and the kind of the record, so that a record which is sent a second time,
 * after an answer that was lost or a batch that came back, is recognisable as the same one.
 */
export function eventId(span: SpanContext, kind: 'operation' | 'error'): string {
  const { traceId, spanId } = span;
  if (!SPAN_ID.test(spanId) || !TRACE_ID.test(traceId)) {
    return randomUUID();
  }
  const variant = kind === 'operation' ? '8' : '9';
  return `${traceId.slice(16, 24)}-${traceId.slice(24, 28)}-8${spanId.slice(15)}${traceId.slice(30, 32)}-${variant}${spanId.slice(0, 3)}-${spanId.slice(3, 15)}`;
}

/** An id that tells nothing, for records that must not be linked to anything. */
export function anonymousEventId(): string {
  return randomUUID();
}
