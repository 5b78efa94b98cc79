import { randomUUID } from 'node:crypto';
import type { SpanContext } from '@opentelemetry/api';

const EVENT_ID = /^[0-9a-f-]{36}$/;
const INVALID_SPAN_ID = '0000000000000000';

/**
 * A UUID (version 8) made of the span's ids and the kind of the record, so that a record which is sent a second time,
 * after an answer that was lost or a batch that came back, is recognisable as the same one.
 */
export function eventId(span: SpanContext, kind: 'operation' | 'error'): string {
  const { traceId, spanId } = span;
  const variant = kind === 'operation' ? '8' : '9';
  const id = `${traceId.slice(16, 24)}-${traceId.slice(24, 28)}-8${spanId.slice(15)}${traceId.slice(30)}-${variant}${spanId.slice(0, 3)}-${spanId.slice(3, 15)}`;
  return EVENT_ID.test(id) && spanId !== INVALID_SPAN_ID ? id : randomUUID();
}

/** An id that tells nothing, for records that must not be linked to anything. */
export function anonymousEventId(): string {
  return randomUUID();
}
