import type { Attributes, DiagLogger, Span } from '@opentelemetry/api';
import type { InstrumentationConfig } from '@opentelemetry/instrumentation';
import type { QueryTagsConfig, ResolvedQueryTags } from './query-tags/option';
import type { Operation } from './semconv';

/** What `requestHook` receives. The SQL is the application's own, not sanitized. */
export interface RequestInfo {
  /** Which driver call it is, as in the attribute `databricks.operation`. */
  readonly operation: Operation;
  /** The SQL of `executeStatement`; absent for metadata calls. */
  readonly statement?: string;
  /** The second argument of `executeStatement`, or the request of a metadata call, as the application passed it. */
  readonly request?: unknown;
}

/** What `responseHook` receives, when the call has settled and before its span ends. */
export interface ResponseInfo {
  /** Which driver call it is, as in the attribute `databricks.operation`. */
  readonly operation: Operation;
  /** UUID of the statement; absent when the server did not accept it. */
  readonly statementId?: string;
  /** What the call resolved with: the driver's `DBSQLOperation`. Absent when the call rejected. */
  readonly response?: unknown;
  /** What the call rejected with. Absent when it resolved. */
  readonly error?: unknown;
}

/** Options of `DatabricksSqlInstrumentation`. Invalid values log a warning and fall back to the default. */
export interface DatabricksSqlInstrumentationConfig extends InstrumentationConfig {
  /**
   * Whether spans are created only where the caller has an active span. Metrics are recorded in any case.
   * @default false
   */
  requireParentSpan?: boolean;
  /**
   * The attribute `db.query.text`: `'sanitized'` is the SQL without literals and comments, `'full'` the SQL as the
   * application wrote it, `'off'` leaves it out.
   * @default 'sanitized'
   */
  queryText?: 'sanitized' | 'full' | 'off';
  /**
   * Whether spans and metrics have `db.query.summary`, operations and targets such as `SELECT orders`, which is also the
   * name of the span. Without it, spans are named after the namespace or the server.
   * @default true
   */
  summarizeQuery?: boolean;
  /**
   * Whether spans have the parameters and query tags of a statement and the driver's own error messages, all of which may
   * contain SQL and values.
   * @default false
   */
  enhancedDatabaseReporting?: boolean;
  /**
   * Whether `connect`, `openSession` and the close of a session have spans.
   * @default true
   */
  connectionSpans?: boolean;
  /**
   * Whether each fetch of a sampled statement has a span. The totals of a statement do not depend on it.
   * @default true
   */
  fetchSpans?: boolean;
  /**
   * Whether each CloudFetch download of a sampled statement has a span. The totals of a statement do not depend on it.
   * @default true
   */
  cloudFetchSpans?: boolean;
  /**
   * Who reports telemetry, decided at each `connect()`. `'auto'`: the telemetry processor that claims the connection, else
   * the driver itself. `'replace'`: the same, with a warning when no processor claims it. `'keep'`: the driver
   * wherever it reports, a processor elsewhere. `'gateway'`: a telemetry gateway, from the exported spans; the driver's own
   * is off, no processor claims the connection, and the spans of `openSession` repeat the connection's facts.
   * `connect({ telemetryEnabled: false })` opts a connection out of all.
   * @default 'auto'
   */
  driverTelemetry?: 'auto' | 'keep' | 'replace' | 'gateway';
  /**
   * How the trace context reaches the warehouse: `'query-tags'` adds a `traceparent` tag to each statement, so that rows of
   * `system.query.history` join traces. Workspaces without query tags reject such statements. Deprecated,
   * removed in 1.0: use `queryTags: { traceparent: true }`.
   * @default 'none'
   */
  traceContext?: 'none' | 'query-tags';
  /**
   * Query tags to add to sessions and statements, beside the application's own. They are stored as plain text in
   * `system.query.history`. Nothing is added by default.
   * @default undefined
   */
  queryTags?: QueryTagsConfig;
  /**
   * Attributes that the span of a statement or metadata call takes over from the caller's baggage, else from its active span,
   * such as `gen_ai.agent.name`, `gen_ai.tool.name` and `gen_ai.conversation.id` of an agent.
   * @default []
   */
  inheritedAttributes?: readonly string[];
  /**
   * Attributes that the application adds to `db.client.operation.duration` and `db.client.response.returned_rows` of each
   * statement and metadata call: at most 10 names with 100 values each in a process, then `_OTHER`. What it throws, or
   * rejects with, is logged and has no effect.
   * @default undefined
   */
  metricAttributes?: (request: RequestInfo) => Attributes | undefined;
  /**
   * Entries of the caller's baggage to add to the same metrics, within the same bounds.
   * @default []
   */
  metricBaggageKeys?: readonly string[];
  /**
   * From which duration on a statement is slow, in milliseconds from the submit to the first terminal state. Slow statements
   * are reported as log event `databricks.client.statement.slow`, failures as `db.client.operation.exception`, whether or
   * not their spans are sampled. Nothing is logged while no logger provider is registered, and by default.
   * @default undefined
   */
  slowStatementMs?: number;
  /**
   * Experimental. Whether a driver that publishes its calls on tracing channels is traced by them in place of patches.
   * No release does yet; others are patched as before. With channels, `driverTelemetry` is `'keep'`, `traceContext` is
   * `'none'` and `queryTags` has no effect.
   * @default false
   */
  driverChannels?: boolean;
  /**
   * How long the span of a statement may wait for its end, in milliseconds from the submit; then the span is ended.
   * @default 3_600_000
   */
  statementMaxDurationMs?: number;
  /**
   * Whether sessions and statements that are not closed before their client are logged as warnings of `diag`, with the stack
   * frames of the call that opened them. Costs a stack trace per session and statement, some 10 µs.
   * @default false
   */
  leakStackTraces?: boolean;
  /**
   * Called with the recording span of each statement and metadata call after its start, before the driver is called. What
   * it throws, or rejects with, is logged and has no effect.
   * @default undefined
   */
  requestHook?: (span: Span, request: RequestInfo) => void;
  /**
   * Called with the recording span of each statement and metadata call when the call has settled. What it throws, or
   * rejects with, is logged and has no effect.
   * @default undefined
   */
  responseHook?: (span: Span, response: ResponseInfo) => void;
}

/** The options with their defaults filled in. */
export type ResolvedConfig = Required<
  Omit<
    DatabricksSqlInstrumentationConfig,
    'metricAttributes' | 'queryTags' | 'slowStatementMs' | 'requestHook' | 'responseHook'
  >
> &
  Pick<DatabricksSqlInstrumentationConfig, 'metricAttributes' | 'requestHook' | 'responseHook'> & {
    queryTags?: ResolvedQueryTags | undefined;
    slowStatementMs?: number | undefined;
  };

/** Whether the options ask for query tags. */
export function hasQueryTags({ queryTags, traceContext }: ResolvedConfig): boolean {
  return queryTags !== undefined || traceContext === 'query-tags';
}

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
const names: Option = {
  defaultValue: [],
  type: 'string[]',
  accepts: (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
};
const object: Option = {
  defaultValue: undefined,
  type: 'object',
  accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
const MAX_TIMER_MS = 2 ** 31 - 1;
const durationMs = (defaultValue: number | undefined): Option => ({
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
  driverTelemetry: oneOf('auto', 'keep', 'replace', 'gateway'),
  traceContext: oneOf('none', 'query-tags'),
  queryTags: object,
  inheritedAttributes: names,
  metricAttributes: hook,
  metricBaggageKeys: names,
  slowStatementMs: durationMs(undefined),
  driverChannels: boolean(false),
  statementMaxDurationMs: durationMs(60 * 60 * 1000),
  leakStackTraces: boolean(false),
  requestHook: hook,
  responseHook: hook,
};

/** Fills in the defaults. Invalid values log a warning and fall back to the default; unknown names log a warning. */
export function resolveConfig(
  config: DatabricksSqlInstrumentationConfig,
  diag: DiagLogger,
): ResolvedConfig {
  const resolved: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(OPTIONS)) {
    const value = read(config, name, diag);
    if (value !== undefined && !option.accepts(value)) {
      diag.warn(`option ${name} must be ${option.type}; using the default`);
    }
    resolved[name] = value !== undefined && option.accepts(value) ? value : option.defaultValue;
  }
  for (const name of namesOf(config)) {
    if (!Object.hasOwn(OPTIONS, name)) diag.warn(`unknown option ${name} is ignored`);
  }
  warnOfMissingSpans(resolved as ResolvedConfig, diag);
  if (resolved['traceContext'] === 'query-tags') {
    const { warnOfDeprecation } = require('./deprecation') as typeof import('./deprecation');
    warnOfDeprecation(
      diag,
      "traceContext: 'query-tags'",
      'queryTags: { traceparent: true }',
      '1.0',
    );
  }
  const { queryTags } = resolved;
  if (typeof queryTags === 'object' && queryTags !== null) {
    // Loaded on first use: most applications ask for no query tags.
    const { resolveQueryTags } =
      require('./query-tags/option') as typeof import('./query-tags/option');
    resolved['queryTags'] = resolveQueryTags(queryTags, diag);
  }
  return resolved as ResolvedConfig;
}

/** A gateway knows what the spans say, and nothing else. */
function warnOfMissingSpans(config: ResolvedConfig, diag: DiagLogger): void {
  if (config.driverTelemetry !== 'gateway') return;
  if (!config.connectionSpans) {
    diag.warn(
      "driverTelemetry 'gateway' reports no sessions without connectionSpans: set it to true",
    );
  }
  if (config.requireParentSpan) {
    diag.warn(
      "driverTelemetry 'gateway' reports nothing of calls without a parent span: set requireParentSpan to false",
    );
  }
}

/** JavaScript may pass any value for the options, and a getter or a proxy may throw. */
function read(config: unknown, name: string, diag: DiagLogger): unknown {
  if (typeof config !== 'object' || config === null) return undefined;
  try {
    return Reflect.get(config, name);
  } catch {
    diag.warn(`option ${name} cannot be read; using the default`);
    return undefined;
  }
}

function namesOf(config: unknown): string[] {
  try {
    return typeof config === 'object' && config !== null ? Object.keys(config) : [];
  } catch {
    return [];
  }
}
