import { context } from '@opentelemetry/api';
import { SUPPRESSED_CONTEXT } from '../suppressed-context';

/** Calls `fn` so that nothing it does makes spans. */
export function withTracingSuppressed<T>(fn: () => T): T {
  return context.with(SUPPRESSED_CONTEXT, fn);
}
