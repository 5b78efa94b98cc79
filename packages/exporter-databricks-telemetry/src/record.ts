import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from './otel';

/**
 * What the processor knows of a record beyond the span itself. It travels from the processor to the exporter on the
 * span objects of one batch; a span without it (from a plain BatchSpanProcessor) is translated from its own attributes.
 */
export interface Join {
  /** `operation`: the call and its figures. `error`: one failure, reported beside the operation's own record. */
  readonly kind: 'operation' | 'error';
  /** Attributes of the connection's `connect` span. */
  readonly connection: Attributes | undefined;
  /** Attributes of the `close_statement` span, or the totals rebuilt from the downloads where it has none. */
  readonly completion: Attributes | undefined;
  /** Attributes of the statement's `staging_*` span: a volume operation. */
  readonly staging?: Attributes | undefined;
}

/** One record-to-be: a span and its join. The unit of the queue, of `stats()` and of the accounting equation. */
export interface TelemetryRecord extends ReadableSpan {
  readonly join: Join;
}

/**
 * Why a record was dropped for good. A closed list: it is the key of `stats().dropped`. `statement_errors`: more
 * retryable errors than are kept per statement; `export_failed`: the exporter failed without saying what is left.
 */
export type DropReason =
  | 'queue_full'
  | 'statement_errors'
  | 'export_failed'
  | 'flag_off'
  | 'disabled'
  | 'too_large'
  | 'refused'
  | 'host_refused'
  | 'no_credentials'
  | 'untranslatable'
  | 'retries_exhausted'
  | 'shutdown';

/** Why records came back undelivered, to be tried again later. */
export type UndeliveredReason =
  'flag_unknown' | 'breaker_open' | 'retryable' | 'credentials_unavailable' | 'shutdown';

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
