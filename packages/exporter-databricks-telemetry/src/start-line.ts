import type { DatabricksTelemetryExporterOptions } from './config';

/** Options that say where telemetry goes: they are the sentence, not its appendix. */
const ROUTE_OPTIONS: ReadonlySet<string> = new Set(['access', 'host', 'port', 'token', 'headers']);

/**
 * What is at work, in one line for `diag` at info: whose credentials are used, and the names of the other options that
 * were set. Never a value, for a value may be a secret.
 */
export function startLine(options: DatabricksTelemetryExporterOptions): string {
  const route = [
    options.access === undefined ? [] : ["each connection's own credentials"],
    options.host === undefined ? [] : ['the credentials given for one host'],
  ].flat();
  const others = Object.entries(options)
    .filter(([name, value]) => value !== undefined && !ROUTE_OPTIONS.has(name))
    .map(([name]) => name);
  return [
    `telemetry is ${options.dryRun === undefined ? 'sent' : 'not sent but shown'}, with ${route.join(' and ') || 'no credentials'}`,
    `options: ${others.length === 0 ? 'the defaults' : others.join(', ')}`,
  ].join('; ');
}
