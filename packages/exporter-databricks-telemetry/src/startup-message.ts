import { PROCESSOR_OPTIONS } from './config';
import type { DatabricksTelemetryExporterOptions, ResolvedProcessorOptions } from './config';

/** Options that decide where telemetry goes: described in the sentence, not listed after it. */
const ROUTE_OPTIONS: ReadonlySet<string> = new Set(['access', 'host', 'port', 'token', 'headers']);

/**
 * One line for `diag` at info: whose credentials are used, and the names of the other options that are set. Never a value,
 * which may be a secret.
 */
export function startLine(options: DatabricksTelemetryExporterOptions): string {
  const route = [
    options.access === undefined && options.host !== undefined
      ? []
      : ["each connection's own credentials"],
    options.host === undefined ? [] : ['the credentials given for one host'],
  ].flat();
  const others = Object.entries(options)
    .filter(([name, value]) => value !== undefined && !ROUTE_OPTIONS.has(name))
    .map(([name]) => name);
  return [
    `telemetry is ${options.dryRun === undefined ? 'sent where the workspace has its feature flag on' : 'not sent but shown'}, with ${route.join(' and ')}`,
    `options: ${others.length === 0 ? 'the defaults' : others.join(', ')}`,
  ].join('; ');
}

/** The options of the processor that differ from their defaults, with their values; `undefined` when none does. */
export function processorLine(options: ResolvedProcessorOptions): string | undefined {
  const others = Object.entries(options).filter(
    ([name, value]) => value !== PROCESSOR_OPTIONS[name as keyof typeof PROCESSOR_OPTIONS].default,
  );
  if (others.length === 0) return undefined;
  return `options of the span processor: ${others.map(([name, value]) => `${name} ${value}`).join(', ')}`;
}
