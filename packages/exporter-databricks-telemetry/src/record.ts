import type { Attributes } from '@opentelemetry/api';
import type {
  PublishedOperation,
  TelemetryConnection,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReadableSpan } from './otel';

/**
 * What the processor knows of a record beyond the span itself. It travels from the processor to the exporter on the
 * span objects of one batch; a span without it (from a plain BatchSpanProcessor) is translated from its own attributes.
 */
export interface Join {
  /** `operation`: the call, its figures and its failure. `error`: a failure that belongs to no other record. */
  readonly kind: 'operation' | 'error';
  /** The span on which an `operation` failed: its own, or that of a fetch, a download or a close of the statement. */
  readonly failure?: ReadableSpan | undefined;
  /** Whether the application cancelled the statement. */
  readonly isCanceled?: boolean;
  /** Attributes of the connection's `connect` span. */
  readonly connection: Attributes | undefined;
  /** Attributes of the `close_statement` span, or the totals rebuilt from the downloads where it has none. */
  readonly completion: Attributes | undefined;
  /** Attributes of the statement's `staging_*` span: a volume operation. */
  readonly staging?: Attributes | undefined;
  /** The connection as the processor claimed it on the telemetry channel; absent for spans from elsewhere. */
  readonly claimed?: TelemetryConnection | undefined;
}

/** An ended operation as the processor takes it: an SDK's span, or one from the telemetry channel. */
export interface EndedSpan extends ReadableSpan {
  /** Where it came from the telemetry channel. */
  readonly connection?: TelemetryConnection;
  /** What the results of a statement amount to so far. */
  readonly totals?: PublishedOperation['totals'];
}

/** One record-to-be: a span and its join. The unit of the queue, of `stats()` and of the accounting equation. */
export interface TelemetryRecord extends ReadableSpan {
  readonly join: Join;
}

/**
 * Why a record was dropped for good: the keys of `stats().dropped`.
 *
 * - `queue_full`: the queue had reached its bounds.
 * - `export_failed`: the exporter failed without an account of the batch.
 * - `flag_off`: the workspace's feature flag, or `DATABRICKS_TELEMETRY_DISABLED`, turns telemetry off.
 * - `too_large`: the record alone exceeds what the queue or the service takes.
 * - `refused`: the service, or the credentials it was given, refused the record.
 * - `host_refused`: the host is malformed, not public, or unknown.
 * - `no_credentials`: the connection has no credentials, or is gone.
 * - `opted_out`: the application passed `telemetryEnabled: false` to `connect()`.
 * - `invalid_headers`: HTTP does not allow a header of the connection's requests.
 * - `untranslatable`: the span cannot be read.
 * - `shutdown`: it was still pending when the processor shut down.
 */
export const DROP_REASONS = [
  'queue_full',
  'export_failed',
  'flag_off',
  'too_large',
  'refused',
  'host_refused',
  'no_credentials',
  'opted_out',
  'invalid_headers',
  'untranslatable',
  'shutdown',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** Why records came back undelivered. The processor keeps them and tries again. */
export type UndeliveredReason =
  'flag_unknown' | 'breaker_open' | 'retryable' | 'credentials_unavailable' | 'shutdown';

/** What became of one record, or of one span, in one export. */
export type Fate =
  | { readonly kind: 'delivered' }
  | {
      readonly kind: 'undelivered';
      readonly reason: UndeliveredReason;
      /** Milliseconds to wait before the next attempt. */
      readonly retryAfterMs?: number;
    }
  | { readonly kind: 'dropped'; readonly reason: DropReason };

/**
 * The `error` of a failed `export`. Every span of the batch is delivered, in `undelivered`, or counted in `dropped`:
 * `batch.length = delivered + undelivered.length + Σ dropped`.
 */
export class UndeliveredError extends Error {
  override readonly name = 'UndeliveredError';

  constructor(
    /** The spans to try again, the very objects that were handed in. */
    readonly undelivered: readonly ReadableSpan[],
    readonly reason: UndeliveredReason | DropReason,
    /** Not to be tried again before, in milliseconds; from `Retry-After` or the open breaker. */
    readonly retryAfterMs?: number,
    /** Spans given up for good, by reason. */
    readonly dropped: Readonly<Partial<Record<DropReason, number>>> = {},
  ) {
    super(`${undelivered.length} spans were not delivered: ${reason}`);
  }
}
