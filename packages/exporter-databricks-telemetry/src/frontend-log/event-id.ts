import { randomUUID } from 'node:crypto';
import type { SpanContext } from '@opentelemetry/api';

const INVALID_SPAN_ID = '0000000000000000';
const VERSION = 8;
/** Overwritten for each id: joining slices takes longer. */
const uuid = Buffer.from(`00000000-0000-${VERSION}000-0000-000000000000`, 'latin1');
const VARIANT_AT = 19;
const VARIANT = { operation: '8'.charCodeAt(0), error: '9'.charCodeAt(0) } as const;

/** 1 for the digits of hexadecimal numbers in lower case, by ASCII code. */
const isHexDigit = new Uint8Array(0x80);
for (const digit of '0123456789abcdef') isHexDigit[digit.charCodeAt(0)] = 1;

/** Copies hexadecimal digits to the UUID; false when one is not. */
function copyDigits(from: string, start: number, end: number, to: number): boolean {
  for (let index = start; index < end; index += 1) {
    const code = from.charCodeAt(index);
    if (isHexDigit[code] !== 1) return false;
    uuid[to + index - start] = code;
  }
  return true;
}

/**
 * A UUID (version 8) made of the span's ids and the kind of the record, so that a record which is sent a second time,
 * after an answer that was lost or a batch that came back, is recognized as the same one.
 */
export function eventId({ traceId, spanId }: SpanContext, kind: 'operation' | 'error'): string {
  const isMade =
    spanId !== INVALID_SPAN_ID &&
    copyDigits(traceId, 16, 24, 0) &&
    copyDigits(traceId, 24, 28, 9) &&
    copyDigits(spanId, 0, 3, 15) &&
    copyDigits(spanId, 3, 6, 20) &&
    copyDigits(spanId, 6, 16, 24) &&
    copyDigits(traceId, 30, 32, 34);
  if (!isMade) return randomUUID();
  uuid[VARIANT_AT] = VARIANT[kind];
  return uuid.toString('latin1');
}

/** A random id, for records that must not be linked to anything. */
export function anonymousEventId(): string {
  return randomUUID();
}
