import type { DiagLogger } from '@opentelemetry/api';

const WARNED = Symbol.for('@dbsql-otel/deprecations');

/**
 * Logs one warning per process for a deprecated name or value, whatever the number of instances and copies of this
 * package.
 *
 * @param removedIn the release that removes it
 */
export function warnOfDeprecation(
  diag: Pick<DiagLogger, 'warn'>,
  deprecated: string,
  replacement: string,
  removedIn: string,
): void {
  const shared = globalThis as { [WARNED]?: Set<string> };
  const warned = (shared[WARNED] ??= new Set());
  if (warned.has(deprecated)) return;
  warned.add(deprecated);
  diag.warn(`${deprecated} is deprecated and will be removed in ${removedIn}: use ${replacement}`);
}
