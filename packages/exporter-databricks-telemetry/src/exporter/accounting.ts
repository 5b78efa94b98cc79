import { Accounting } from '../accounting';
import type { ConnectionBatch, OutgoingRecord } from '../delivery/connection-batch';
import type { ExportResult, ReadableSpan } from '../otel';
import { UndeliveredError } from '../record';
import type { DropReason, Fate } from '../record';
import { isRecord } from './span-groups';

/** The exporter's counts, in spans, and the results made of them. */
export class ExporterAccounting extends Accounting {
  pending = 0;
  /** Spans that telemetry has no use for. */
  ignored = 0;
  /** Spans handed back; they are offered again when they return. */
  returned = 0;

  /** `count` spans are under way, of `all` that were given. */
  began(all: number, count: number): void {
    this.ignored += all - count;
    this.offered += count;
    this.pending += count;
  }

  /** Spans of which nothing was counted yet are given up. */
  gaveUp(spans: readonly ReadableSpan[], reason: DropReason): ExportResult {
    const count = spans.length;
    this.offered += count;
    this.drop(reason, count);
    return {
      code: 1,
      error: new UndeliveredError([], reason, undefined, { [reason]: count }),
    };
  }

  /** Spans come back as they came. */
  turnedAway(spans: readonly ReadableSpan[]): ExportResult {
    this.returned += spans.length;
    return { code: 1, error: new UndeliveredError(spans, 'shutdown') };
  }

  /** Counts the fate of every record of `batches`, and makes the result of their export. */
  settled(batches: readonly ConnectionBatch[], fates: readonly Fate[][]): ExportResult {
    const undelivered: ReadableSpan[] = [];
    const dropped: Partial<Record<DropReason, number>> = {};
    let reason: UndeliveredError['reason'] | undefined;
    let retryAfterMs: number | undefined = Number.POSITIVE_INFINITY;
    let isAccounted = false;
    for (const [index, batch] of batches.entries()) {
      const ofBatch = fates[index];
      for (let position = 0; position < batch.records.length; position += 1) {
        const { span } = batch.records[position] as OutgoingRecord;
        const fate = ofBatch?.[position] ?? REFUSED;
        isAccounted ||= isRecord(span);
        this.pending -= 1;
        this.settle(fate);
        if (fate.kind === 'undelivered') {
          undelivered.push(span);
          reason ??= fate.reason;
          retryAfterMs = minimum(retryAfterMs, fate.retryAfterMs);
        } else if (fate.kind === 'dropped') {
          dropped[fate.reason] = (dropped[fate.reason] ?? 0) + 1;
        }
      }
    }
    this.offered -= undelivered.length;
    this.returned += undelivered.length;
    reason ??= (Object.keys(dropped) as DropReason[]).find(
      // A host that wants no telemetry is no failure; only our own processor needs to count it.
      (why) => isAccounted || why !== 'flag_off',
    );
    return reason === undefined
      ? { code: 0 }
      : {
          code: 1,
          error: new UndeliveredError(
            undelivered,
            reason,
            retryAfterMs === Number.POSITIVE_INFINITY ? undefined : retryAfterMs,
            dropped,
          ),
        };
  }
}

/** Of a span that no fate is known of. */
const REFUSED: Fate = { kind: 'dropped', reason: 'refused' };

function minimum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.min(a, b);
}
