import { isSpanContextValid } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import type { ExecuteStatementRequest } from '../driver/shapes';

/** Key of the query tag, which rows of `system.query.history` contain. */
export const TRACEPARENT_TAG = 'traceparent';
/** Key of the serialized query tags in a statement's configuration. */
const QUERY_TAGS = 'query_tags';
const HAS_TRACEPARENT = new RegExp(`(?:^|,)${TRACEPARENT_TAG}(?::|,|$)`);

/** `span` in the form of W3C Trace Context: 55 characters, which query tags need not escape. */
export function traceparentOf(span: Span | undefined): string | undefined {
  const spanContext = span?.spanContext();
  if (spanContext === undefined || !isSpanContextValid(spanContext)) return undefined;
  const flags = spanContext.traceFlags.toString(16).padStart(2, '0');
  return `00-${spanContext.traceId}-${spanContext.spanId}-${flags}`;
}

/** Appends the trace context to the statement's tags. A `traceparent` of the application wins. */
export function addTraceparent(request: ExecuteStatementRequest, span: Span | undefined): void {
  const traceparent = traceparentOf(span);
  if (traceparent === undefined) return;
  const tags = request.confOverlay?.[QUERY_TAGS] ?? '';
  if (HAS_TRACEPARENT.test(tags)) return;
  const tag = `${TRACEPARENT_TAG}:${traceparent}`;
  request.confOverlay = {
    ...request.confOverlay,
    [QUERY_TAGS]: tags === '' ? tag : `${tags},${tag}`,
  };
}
