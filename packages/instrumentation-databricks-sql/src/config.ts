import type { DiagLogger, Span } from '@opentelemetry/api';
import type { InstrumentationConfig } from '@opentelemetry/instrumentation';
import type { Operation } from './semconv';

/** What `requestHook` is told. The SQL is the application's own text, not sanitised. */
export interface RequestInfo {
  readonly operation: Operation;
  /** The SQL of `executeStatement`; absent for metadata calls. */
  readonly statement?: string;
  /** Second argument of `executeStatement`, or the request of a metadata call, as the application gave it. */
  readonly request?: unknown;
}

/** What `responseHook` is told, when the call has settled and before its span can end. */
export interface ResponseInfo {
  readonly operation: Operation;
  readonly statementId?: string;
  /** What the call resolved with: the driver's `DBSQLOperation`. */
  readonly response?: unknown;
  /** What the call rejected with. */
  readonly error?: unknown;
}

/** Options of `DatabricksSqlInstrumentation`. */
export interface DatabricksSqlInstrumentationConfig extends InstrumentationConfig {
  requireParentSpan?: boolean;
  queryText?: 'sanitized' | 'full' | 'off';
  enhancedDatabaseReporting?: boolean;
  connectionSpans?: boolean;
  fetchSpans?: boolean;
  cloudFetchSpans?: boolean;
  driverTelemetry?: 'auto' | 'keep' | 'replace';
  traceContext?: 'none' | 'query-tags';
  statementMaxDurationMs?: number;
  summarizeQuery?: boolean;
  requestHook?: (span: Span, request: RequestInfo) => void;
  responseHook?: (span: Span, response: ResponseInfo) => void;
}

/** The options with their defaults filled in. */
export type ResolvedConfig = Required<
  Omit<DatabricksSqlInstrumentationConfig, 'requestHook' | 'responseHook'>
> &
  Pick<DatabricksSqlInstrumentationConfig, 'requestHook' | 'responseHook'>;

/** One row of the options table, here and in the README. */
interface Option {
  readonly defaultValue: unknown;
  /** The accepted values, as the README prints them. */
  readonly type: string;
  readonly accepts: (value: unknown) => boolean;
}

const boolean = (defaultValue: boolean): Option => ({
  defaultValue,
  type: 'boolean',
  accepts: (value) => typeof value === 'boolean',
});
const oneOf = (...values: readonly string[]): Option => ({
  defaultValue: values[0],
  type: values.map((value) => `'${value}'`).join(' | '),
  accepts: (value) => typeof value === 'string' && values.includes(value),
});
const hook: Option = {
  defaultValue: undefined,
  type: 'function',
  accepts: (value) => typeof value === 'function',
};
const MAX_TIMER_MS = 2 ** 31 - 1;
const durationMs = (defaultValue: number): Option => ({
  defaultValue,
  type: 'number (ms)',
  accepts: (value) => typeof value === 'number' && value >= 1 && value <= MAX_TIMER_MS,
});

/** Every option: its default and what it accepts. */
export const OPTIONS: Readonly<Record<keyof ResolvedConfig, Option>> = {
  enabled: boolean(true),
  requireParentSpan: boolean(false),
  queryText: oneOf('sanitized', 'full', 'off'),
  summarizeQuery: boolean(true),
  enhancedDatabaseReporting: boolean(false),
  connectionSpans: boolean(true),
  fetchSpans: boolean(true),
  cloudFetchSpans: boolean(true),
  driverTelemetry: oneOf('auto', 'keep', 'replace'),
  traceContext: oneOf('none', 'query-tags'),
  statementMaxDurationMs: durationMs(60 * 60 * 1000),
  requestHook: hook,
  responseHook: hook,
};

/** Fills in the defaults. A value that is not accepted is reported once and its default used. */
export function resolveConfig(
  config: DatabricksSqlInstrumentationConfig,
  diag: DiagLogger,
): ResolvedConfig {
  const given: Readonly<Record<string, unknown>> = { ...config };
  const resolved: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(OPTIONS)) {
    const value = given[name];
    if (value !== undefined && !option.accepts(value)) {
      diag.warn(`option ${name} must be ${option.type}; using the default`);
    }
    resolved[name] = value !== undefined && option.accepts(value) ? value : option.defaultValue;
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(OPTIONS, name)) diag.warn(`unknown option ${name} is ignored`);
  }
  return resolved as ResolvedConfig;
}
