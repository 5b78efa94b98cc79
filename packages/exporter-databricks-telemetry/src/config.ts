import type { Agent } from 'node:http';
import type { DatabricksAccess } from '@dbsql-otel/instrumentation-databricks-sql';
import type { CircuitBreakerOptions } from './delivery/circuit-breaker';
import type { RetryOptions } from './delivery/retry';
import { OncePerCondition } from './diagnostics';

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

interface NumberOption {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/** The largest delay a Node.js timer takes. */
const MAX_TIMER_MS = 2_147_483_647;

/** Names, defaults and bounds of the processor's options; the README's table is held against it. */
export const PROCESSOR_OPTIONS: Readonly<Record<keyof ProcessorOptions, NumberOption>> = {
  maxExportBatchSize: { default: 100, min: 1, max: 10_000 },
  scheduledDelayMs: { default: 5_000, min: 1, max: MAX_TIMER_MS },
  exportTimeoutMs: { default: 60_000, min: 1, max: MAX_TIMER_MS },
  maxQueueSize: { default: 500, min: 1, max: 100_000 },
  maxQueueBytes: { default: 4 * 1024 * 1024, min: 1, max: 1024 * 1024 * 1024 },
  maxStatements: { default: 5_000, min: 1, max: 1_000_000 },
  statementIdleTimeoutMs: { default: 3_600_000, min: 1_000, max: MAX_TIMER_MS },
  maxErrorsPerStatement: { default: 50, min: 1, max: 10_000 },
  shutdownTimeoutMs: { default: 2_000, min: 1, max: MAX_TIMER_MS },
};

export type ResolvedProcessorOptions = Readonly<Required<ProcessorOptions>>;

/** Defaults for what is absent, and for what is no integer within its bounds (one warning for all of those). */
export function resolveProcessorOptions(options: ProcessorOptions = {}): ResolvedProcessorOptions {
  const rejected: string[] = [];
  const resolve = (name: keyof ProcessorOptions): number => {
    const { default: fallback, min, max } = PROCESSOR_OPTIONS[name];
    const value: unknown = options?.[name];
    if (value === undefined) return fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
      return value;
    }
    rejected.push(`${name} must be an integer from ${min} to ${max}, ${fallback} is used`);
    return fallback;
  };
  const resolved: ResolvedProcessorOptions = {
    maxExportBatchSize: resolve('maxExportBatchSize'),
    scheduledDelayMs: resolve('scheduledDelayMs'),
    exportTimeoutMs: resolve('exportTimeoutMs'),
    maxQueueSize: resolve('maxQueueSize'),
    maxQueueBytes: resolve('maxQueueBytes'),
    maxStatements: resolve('maxStatements'),
    statementIdleTimeoutMs: resolve('statementIdleTimeoutMs'),
    maxErrorsPerStatement: resolve('maxErrorsPerStatement'),
    shutdownTimeoutMs: resolve('shutdownTimeoutMs'),
  };
  if (rejected.length > 0) new OncePerCondition().warn(rejected.join('; '));
  return resolved;
}

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
  Readonly<Record<string, string>> | (() => Promise<Readonly<Record<string, string>>>);

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

export type PayloadListener = (payload: Payload) => void;

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

export const DEFAULT_REQUEST_TIMEOUT_MS = 10_000;
export const DEFAULT_CREDENTIALS_TIMEOUT_MS = 5_000;
export const DEFAULT_SHUTDOWN_TIMEOUT_MS = 2_000;
export const DEFAULT_DRY_RUN_PATH = 'databricks-telemetry.ndjson';
