import type { Agent } from 'node:http';
import type { DatabricksAccess } from '@dbsql-otel/instrumentation-databricks-sql';
import { OncePerCondition, guarded, logWarning } from './diagnostics';
import { boolean, integer, milliseconds, resolveOptions } from './option-validation';
import type { Option, OptionTable } from './option-validation';

/** Options of the one retry layer; milliseconds where not a count. */
export interface RetryOptions {
  /** Tries after the first. */
  readonly maxRetries: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly jitterMs: number;
}

/** Options of a the circuit breaker, each a positive integer. */
export interface CircuitBreakerOptions {
  /** Consecutive failures that open the circuit. */
  readonly failureThreshold: number;
  /** How long the circuit stays open, in milliseconds, unless the service asked for longer. */
  readonly openMs: number;
  /** Consecutive successful probes that close the circuit. */
  readonly successThreshold: number;
}

/** Options of the span processor. All are optional; an invalid value logs a warning and falls back to the default. */
export interface ProcessorOptions {
  /** Records that trigger a flush, and the most in one `export` call. 1 to 10 000; default 100. */
  readonly maxExportBatchSize?: number;
  /** Milliseconds from the first queued record to its flush, and before an undelivered batch is retried. Default 5 000. */
  readonly scheduledDelayMs?: number;
  /** Milliseconds until an unanswered batch counts as dropped, whatever the exporter answers later. Default 60 000. */
  readonly exportTimeoutMs?: number;
  /** Records kept, queued and in flight together; then the oldest that is no error is dropped. Default 500. */
  readonly maxQueueSize?: number;
  /** Estimated bytes of the kept records; then the oldest that is no error is dropped. Default 4 194 304 (4 MiB). */
  readonly maxQueueBytes?: number;
  /** Statements that have ended and are not closed; beyond it the oldest is reported as it is. Default 5 000. */
  readonly maxStatements?: number;
  /** Milliseconds until an ended, idle statement is reported without its close. Default 3 600 000 (one hour). */
  readonly statementIdleTimeoutMs?: number;
  /** Milliseconds for all of `shutdown()` or `forceFlush()`, the exporter's included. Default 2 000. */
  readonly shutdownTimeoutMs?: number;
}

export type ResolvedProcessorOptions = Readonly<Required<ProcessorOptions>>;

/** The processor's options; a test compares the README with this table. */
export const PROCESSOR_OPTIONS: OptionTable<ResolvedProcessorOptions> = {
  maxExportBatchSize: integer(100, 1, 10_000),
  scheduledDelayMs: milliseconds(5_000),
  exportTimeoutMs: milliseconds(60_000),
  maxQueueSize: integer(500, 1, 100_000),
  maxQueueBytes: integer(4 * 1024 * 1024, 1, 1024 * 1024 * 1024),
  maxStatements: integer(5_000, 1, 1_000_000),
  statementIdleTimeoutMs: milliseconds(3_600_000, 1_000),
  shutdownTimeoutMs: milliseconds(2_000),
};

const DISABLING_VALUES: ReadonlySet<string> = new Set(['1', 'true', 'yes', 'on']);
const misspelled = new OncePerCondition();

/**
 * Whether `DATABRICKS_TELEMETRY_DISABLED`, the driver's own switch, turns telemetry off: `1`, `true`, `yes` or `on`.
 * Any other non-empty value leaves it on, as in the driver; an unknown one logs a warning.
 */
export function telemetryDisabled(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  warn: (message: string) => void = logWarning,
): boolean {
  const value = environment['DATABRICKS_TELEMETRY_DISABLED']?.trim().toLowerCase() ?? '';
  if (DISABLING_VALUES.has(value)) return true;
  if (value !== '' && !['0', 'false', 'no', 'off'].includes(value)) {
    misspelled.warn(
      'DATABRICKS_TELEMETRY_DISABLED is not 1, true, yes or on: telemetry stays on',
      warn,
    );
  }
  return false;
}

/**
 * Whether `OTEL_SDK_DISABLED` is `true`: the SDK then never starts, and never flushes what a processor keeps, so that no
 * processor may take the place of the driver.
 */
export function sdkDisabled(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return environment['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true';
}

/** Headers of a request, or what fetches them anew for each batch. */
export type HeadersSource =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

/** Credentials of one workspace, for applications without the instrumentation's `access`. */
export interface StaticCredentials {
  /** As given to the driver's `connect()`. Only spans of this host are sent. */
  readonly host: string;
  /** Default 443. */
  readonly port?: number;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string;
  /** Sent instead of `token`; must contain `Authorization`. A function is called for each batch. */
  readonly headers?: HeadersSource;
  /** HTTPS agent, for a proxy or certificates. Default: an agent of this package. */
  readonly agent?: Agent;
}

/** One request as it would be sent; the credentials are not part of it. */
export interface Payload {
  /** Host, with its port when that is not 443. */
  readonly host: string;
  /** `/telemetry-ext` or `/telemetry-unauth`. */
  readonly path: string;
  /** The JSON text of the body. */
  readonly body: string;
}

/** May be asynchronous. Its failure is logged at debug. */
export type PayloadListener = (payload: Payload) => unknown;

/** Where a dry run writes: lines of JSON in a file, `diag` at debug, or a function. */
export type DryRun = 'file' | 'diag' | PayloadListener;

/** Options of `DatabricksTelemetryExporter`. One of `access` and `host` is needed. */
export interface DatabricksTelemetryExporterOptions extends Partial<StaticCredentials> {
  /** `instrumentation.access`: each connection's own credentials and agent. */
  readonly access?: DatabricksAccess;
  /** Additional headers of authenticated requests; they never override the credentials. Default: none. */
  readonly customHeaders?: Readonly<Record<string, string>>;
  /** Sends to loopback, private and link-local hosts too. Default `false`. */
  readonly allowPrivateHosts?: boolean;
  /** Reports errors of connections without valid credentials, reduced, without authentication. Default `true`. */
  readonly unauthenticatedFallback?: boolean;
  /** Called with each request just before it is sent. Default: none. */
  readonly onPayload?: PayloadListener;
  /** Sends nothing and writes the requests here instead. Default: off. */
  readonly dryRun?: DryRun;
  /** File of `dryRun: 'file'`. Default `databricks-telemetry.ndjson` in the working directory. */
  readonly dryRunPath?: string;
  /** Milliseconds for one request, to the end of its answer. Default 10 000. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds for the connection's `headers()` and `agent()`. Default 5 000. */
  readonly credentialsTimeoutMs?: number;
  /** Milliseconds for all of `shutdown()`. Default 2 000. */
  readonly shutdownTimeoutMs?: number;
  /** Defaults: 3 retries, 100 ms doubling up to 1 000 ms, 100 ms jitter. */
  readonly retry?: Partial<RetryOptions>;
  /** Defaults: opens after 5 failures for 60 000 ms, closes after 2 successes. */
  readonly circuitBreaker?: Partial<CircuitBreakerOptions>;
}

/** Options without a default: `undefined` when they are not set. */
type Unset = 'access' | 'host' | 'port' | 'token' | 'headers' | 'agent' | 'onPayload' | 'dryRun';
type Nested = 'retry' | 'circuitBreaker';
type FlatExporterOptions = Required<Omit<DatabricksTelemetryExporterOptions, Unset | Nested>> & {
  readonly [Name in Unset]: DatabricksTelemetryExporterOptions[Name] | undefined;
};

export type ResolvedExporterOptions = FlatExporterOptions & {
  readonly retry: RetryOptions;
  readonly circuitBreaker: CircuitBreakerOptions;
};

function unset<Value>(
  expected: string,
  accepts: (value: unknown) => boolean,
): Option<Value | undefined> {
  return { default: undefined, expected, accepts };
}

/** The exporter's options; a test compares the README with this table. */
export const EXPORTER_OPTIONS: OptionTable<FlatExporterOptions> = {
  access: unset(
    'the access of DatabricksSqlInstrumentation',
    (value) =>
      isObject(value) &&
      typeof value['connection'] === 'function' &&
      typeof value['onClosed'] === 'function',
  ),
  host: unset('a host name', isText),
  port: { ...integer(443, 1, 65_535), default: undefined },
  token: unset('a non-empty string', isText),
  headers: unset(
    'an object of strings, or a function that returns one',
    (value) => typeof value === 'function' || isTexts(value),
  ),
  agent: unset('an agent of node:https', isObject),
  customHeaders: { default: {}, expected: 'an object of strings', accepts: isTexts },
  allowPrivateHosts: boolean(false),
  unauthenticatedFallback: boolean(true),
  onPayload: unset('a function', isFunction),
  dryRun: {
    ...unset(
      "'file', 'diag' or a function",
      (value) => value === 'file' || value === 'diag' || isFunction(value),
    ),
    // An application that misspells the value did not mean to send.
    whenRejected: 'diag',
  },
  dryRunPath: {
    default: 'databricks-telemetry.ndjson',
    expected: 'a file name',
    accepts: isText,
  },
  requestTimeoutMs: milliseconds(10_000),
  credentialsTimeoutMs: milliseconds(5_000),
  shutdownTimeoutMs: milliseconds(2_000),
};

export const RETRY_OPTIONS: OptionTable<RetryOptions> = {
  maxRetries: integer(3, 0, 10),
  baseDelayMs: milliseconds(100),
  maxDelayMs: milliseconds(1_000),
  jitterMs: milliseconds(100, 0),
};

export const CIRCUIT_BREAKER_OPTIONS: OptionTable<CircuitBreakerOptions> = {
  failureThreshold: integer(5, 1, 1_000),
  openMs: milliseconds(60_000),
  successThreshold: integer(2, 1, 1_000),
};

export function resolveExporterOptions(
  options: DatabricksTelemetryExporterOptions,
  warn: (message: string) => void = logWarning,
): ResolvedExporterOptions {
  const resolved = {
    ...resolveOptions(EXPORTER_OPTIONS, options, ['retry', 'circuitBreaker'], warn),
    retry: resolveOptions(
      RETRY_OPTIONS,
      guarded('option retry', () => options?.retry),
      [],
      (message) => warn(`retry: ${message}`),
    ),
    circuitBreaker: resolveOptions(
      CIRCUIT_BREAKER_OPTIONS,
      guarded('option circuitBreaker', () => options?.circuitBreaker),
      [],
      (message) => warn(`circuitBreaker: ${message}`),
    ),
  };
  warnOfCredentials(resolved, warn);
  return resolved;
}

/** Static credentials that can authenticate nothing, because a part of them is missing. */
function warnOfCredentials(
  { access, host, token, headers }: ResolvedExporterOptions,
  warn: (message: string) => void,
): void {
  const hasSecret = token !== undefined || headers !== undefined;
  if (host !== undefined && !hasSecret && access === undefined) {
    warn('host is given without token or headers, so nothing can be sent to it: give one of them');
  } else if (host === undefined && hasSecret) {
    warn('token and headers are ignored without a host: give the host that they are for');
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0;
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isTexts(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string');
}
