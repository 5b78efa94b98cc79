import { createContextKey, ROOT_CONTEXT, type Context } from '@opentelemetry/api';

/**
 * A context in which no spans are made, for everything telemetry itself does. The key is the one by which both SDK
 * lines know `suppressTracing` of `@opentelemetry/core`; loading that package for it would cost 35 ms.
 */
export const SUPPRESSED_CONTEXT: Context = ROOT_CONTEXT.setValue(
  createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING'),
  true,
);
