import { context, createContextKey } from '@opentelemetry/api';

/** The key of `suppressTracing` of `@opentelemetry/core`, the same in both SDK lines. */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** Whether the caller suppressed tracing, as exporters do for their own requests. */
export function isTracingSuppressed(): boolean {
  return context.active().getValue(SUPPRESS_TRACING) === true;
}
