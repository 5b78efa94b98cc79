import type { DropReason } from './record';

/** Records dropped for good, by reason; reasons that did not occur are absent. */
export type DroppedCounts = Readonly<Partial<Record<DropReason, number>>>;

/**
 * The counts of the processor, in records: `offered = delivered + pending + Σ dropped`, where pending is what the queue
 * holds and what the exporter has not yet answered for. Kept apart from the queue, so that a mistake in either shows.
 */
export class Accounting {
  offered = 0;
  delivered = 0;
  #dropped: Partial<Record<DropReason, number>> = {};

  drop(reason: DropReason, count = 1): void {
    if (count > 0) this.#dropped[reason] = (this.#dropped[reason] ?? 0) + count;
  }

  get dropped(): DroppedCounts {
    return { ...this.#dropped };
  }
}
