import type { DroppedCounts } from '../../accounting';
import type { ExportResult } from '../../otel';
import { DROP_REASONS } from '../../record';
import type { DropReason } from '../../record';
import type { SpanRecord } from '../join/span-record';

/** What became of a batch: `batch.length = delivered + undelivered.size + Σ dropped`, whatever the exporter answered. */
export interface ExportOutcome {
  readonly delivered: number;
  readonly undelivered: ReadonlySet<unknown>;
  readonly dropped: DroppedCounts;
  readonly reason: string | undefined;
  /** Milliseconds to wait, when the exporter asked for a wait. */
  readonly retryAfterMs: number | undefined;
}

const NONE: ReadonlySet<unknown> = new Set();

/** The outcome of a batch that failed without an account. */
export function failedOutcome(
  batch: readonly SpanRecord[],
  reason: DropReason = 'export_failed',
): ExportOutcome {
  return {
    delivered: 0,
    undelivered: NONE,
    dropped: { [reason]: batch.length },
    reason,
    retryAfterMs: undefined,
  };
}

/**
 * Reads an exporter's answer. An `UndeliveredError` is known by its shape, since another copy of this package has
 * another class. Records it does not name were delivered; more drops than records are cut to what the batch can hold.
 */
export function readOutcome(batch: readonly SpanRecord[], result: ExportResult): ExportOutcome {
  if (result?.code === 0) {
    return {
      delivered: batch.length,
      undelivered: NONE,
      dropped: {},
      reason: undefined,
      retryAfterMs: undefined,
    };
  }
  const error: unknown = result?.error;
  if (!isUndelivered(error)) return failedOutcome(batch);

  const named = new Set(error.undelivered);
  const undelivered = new Set<unknown>(batch.filter((record) => named.has(record)));
  let rest = batch.length - undelivered.size;
  const dropped: Partial<Record<DropReason, number>> = {};
  for (const [reason, count] of Object.entries(error.dropped ?? {})) {
    if (!isDropReason(reason) || typeof count !== 'number' || !(count > 0)) continue;
    const taken = Math.min(Math.floor(count), rest);
    dropped[reason] = taken;
    rest -= taken;
  }
  const { retryAfterMs, reason } = error;
  if (rest === batch.length) {
    // A failure that accounts for nothing delivered nothing.
    return failedOutcome(batch, isDropReason(reason) ? reason : 'export_failed');
  }
  return {
    delivered: rest,
    undelivered,
    dropped,
    reason: typeof reason === 'string' ? reason : undefined,
    retryAfterMs:
      typeof retryAfterMs === 'number' && retryAfterMs >= 0 && retryAfterMs < Infinity
        ? retryAfterMs
        : undefined,
  };
}

interface Undelivered {
  readonly undelivered: readonly unknown[];
  readonly reason?: unknown;
  readonly retryAfterMs?: unknown;
  readonly dropped?: Readonly<Record<string, unknown>> | null;
}

function isUndelivered(error: unknown): error is Undelivered {
  return (
    typeof error === 'object' &&
    error !== null &&
    'undelivered' in error &&
    Array.isArray(error.undelivered)
  );
}

function isDropReason(reason: unknown): reason is DropReason {
  return DROP_REASONS.some((known) => known === reason);
}
