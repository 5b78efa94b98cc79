import type { Agent } from 'node:http';
import type { DatabricksAccess } from '@dbsql-otel/instrumentation-databricks-sql';
import type { CircuitBreakerOptions } from './delivery/circuit-breaker';
import type { RetryOptions } from './delivery/retry';
import { OncePerCondition } from './diagnostics';
import {
  type Option,
  type OptionTable,
  boolean,
  integer,
  milliseconds,
  resolveOptions,
} from './option-validation';

/** Options of the span processor. Every one is optional; a value out of range is warned of and its default used. */
export interface ProcessorOptions {
  /** Records that trigger a flush, and the most one `export` call is given. */
  readonly maxExportBatchSize?: number;
  /** Milliseconds from the first queued record to its flush, and the wait after an undelivered batch without a hint. */
  readonly scheduledDelayMs?: number;
  /** Milliseconds an exporter may take to answer; its batch is then given up, whatever it answers later. */
  readonly exportTimeoutMs?: number;
  /** Records kept, queued and in flight to the exporter together. */
  readonly maxQueueSize?: number;
  /** Estimated bytes kept, queued and in flight to the exporter together. */
  readonly maxQueueBytes?: number;
  /** Statements in flight: ended, but not yet closed. */
  readonly maxStatements?: number;
  /** Milliseconds after which an ended statement that nothing was heard of is reported without its close. */
  readonly statementIdleTimeoutMs?: number;
  /** Retryable errors kept per statement: the first and the newest. */
  readonly maxErrorsPerStatement?: number;
  /** Milliseconds for all of `shutdown()` or `forceFlush()`, those of the exporter included. */
  readonly shutdownTimeoutMs?: number;
}

export type ResolvedProcessorOptions = Readonly<Required<ProcessorOptions>>;

/** The processor's options; the README's table is held against it. */
export const PROCESSOR_OPTIONS: OptionTable<ResolvedProcessorOptions> = {
  maxExportBatchSize: integer(100, 1, 10_000),
  scheduledDelayMs: milliseconds(5_000),
  exportTimeoutMs: milliseconds(60_000),
  maxQueueSize: integer(500, 1, 100_000),
  maxQueueBytes: integer(4 * 1024 * 1024, 1, 1024 * 1024 * 1024),
  maxStatements: integer(5_000, 1, 1_000_000),
  statementIdleTimeoutMs: milliseconds(3_600_000, 1_000),
  maxErrorsPerStatement: integer(50, 1, 10_000),
  shutdownTimeoutMs: milliseconds(2_000),
};

const DISABLING_VALUES: ReadonlySet<string> = new Set(['1', 'true', 'yes', 'on']);
const misspelled = new OncePerCondition();

/**
 * Whether `DATABRICKS_TELEMETRY_DISABLED`, the driver's own switch, turns telemetry off: `1`, `true`, `yes` or `on`.
 * Any other non-empty value leaves it on, as in the driver, and is warned of.
 */
export function telemetryDisabled(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  const value = environment['DATABRICKS_TELEMETRY_DISABLED']?.trim().toLowerCase() ?? '';
  if (DISABLING_VALUES.has(value)) return true;
  if (value !== '' && !['0', 'false', 'no', 'off'].includes(value)) {
    misspelled.warn(
      'DATABRICKS_TELEMETRY_DISABLED is none of 1, true, yes, on: telemetry stays on',
    );
  }
  return false;
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
  /** In the place of `token`. Must bring `Authorization`. */
  readonly headers?: HeadersSource;
  /** Agent for proxies, certificates and sockets. */
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
  /** More headers for authenticated requests; they never override the credentials. */
  readonly customHeaders?: Readonly<Record<string, string>>;
  /** Sends to loopback, private and link-local hosts too. Default `false`. */
  readonly allowPrivateHosts?: boolean;
  /** Reports errors of connections without valid credentials, reduced, without authentication. Default `true`. */
  readonly unauthenticatedFallback?: boolean;
  /** Sees every request just before it is sent. */
  readonly onPayload?: PayloadListener;
  /** Nothing is sent; what would have been goes here. Default: off. */
  readonly dryRun?: DryRun;
  /** File of `dryRun: 'file'`. Default `databricks-telemetry.ndjson` in the working directory. */
  readonly dryRunPath?: string;
  /** One request, from start to the end of its answer. Default 10 000. */
  readonly requestTimeoutMs?: number;
  /** The connection's `headers()` and `agent()`. Default 5 000. */
  readonly credentialsTimeoutMs?: number;
  /** What `shutdown()` may take in all. Default 2 000. */
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

/** The exporter's options; the README's table is held against it. */
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
  token: unset('a text that is not empty', isText),
  headers: unset(
    'an object of texts, or a function that returns one',
    (value) => typeof value === 'function' || isTexts(value),
  ),
  agent: unset('an agent of node:https', isObject),
  customHeaders: { default: {}, expected: 'an object of texts', accepts: isTexts },
  allowPrivateHosts: boolean(false),
  unauthenticatedFallback: boolean(true),
  onPayload: unset('a function', isFunction),
  dryRun: {
    ...unset(
      "'file', 'diag' or a function",
      (value) => value === 'file' || value === 'diag' || isFunction(value),
    ),
    // Whoever misspells it did not mean to send.
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
): ResolvedExporterOptions {
  return {
    ...resolveOptions(EXPORTER_OPTIONS, options, ['retry', 'circuitBreaker']),
    retry: resolveOptions(RETRY_OPTIONS, options?.retry),
    circuitBreaker: resolveOptions(CIRCUIT_BREAKER_OPTIONS, options?.circuitBreaker),
  };
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
