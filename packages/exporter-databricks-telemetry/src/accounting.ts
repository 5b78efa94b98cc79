import type { DropReason, Fate } from './record';

/** Records dropped for good, by reason; reasons that did not occur are absent. */
export type DroppedCounts = Readonly<Partial<Record<DropReason, number>>>;

/**
 * Counts of records: `offered = delivered + pending + Σ dropped`. Whoever keeps the records knows which are pending. The
 * processor counts those that its queue holds or its exporter has not answered for, apart from the queue, so that a
 * mistake in either shows; the exporter counts its exports under way, in all and by host.
 */
export class Accounting {
  offered = 0;
  delivered = 0;
  readonly #dropped: Partial<Record<DropReason, number>> = {};

  drop(reason: DropReason, count = 1): void {
    if (count > 0) this.#dropped[reason] = (this.#dropped[reason] ?? 0) + count;
  }

  /** Counts a fate; a record handed back is neither delivered nor dropped. */
  settle(fate: Fate): void {
    if (fate.kind === 'delivered') this.delivered += 1;
    else if (fate.kind === 'dropped') this.drop(fate.reason);
  }

  get dropped(): DroppedCounts {
    return { ...this.#dropped };
  }
}
