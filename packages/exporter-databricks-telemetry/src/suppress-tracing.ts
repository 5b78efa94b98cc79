import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';

/**
 * The key by which both SDK lines know `suppressTracing` of `@opentelemetry/core`; loading that package for it would
 * cost 35 ms.
 */
const SUPPRESSED_CONTEXT = ROOT_CONTEXT.setValue(
  createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING'),
  true,
);

/** Calls `fn` so that nothing it does makes spans: for everything telemetry itself does. */
export function withTracingSuppressed<T>(fn: () => T): T {
  return context.with(SUPPRESSED_CONTEXT, fn);
}
