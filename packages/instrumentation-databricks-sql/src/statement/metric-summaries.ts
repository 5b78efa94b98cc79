/** Most distinct values of `db.query.summary` on metrics in one process. */
export const MAX_METRIC_SUMMARIES = 500;
/** Replaces further summaries. */
export const OTHER_SUMMARY = '_OTHER';

/** Bounds the number of distinct summaries, so that generated table names do not create ever more metric series. */
export class MetricSummaries {
  readonly #limit: number;
  readonly #known = new Set<string>();

  constructor(limit = MAX_METRIC_SUMMARIES) {
    this.#limit = limit;
  }

  /** Returns `summary` if it is one of the first within the limit, otherwise `_OTHER`. */
  bounded(summary: string): string {
    if (this.#known.has(summary)) return summary;
    if (this.#known.size >= this.#limit) return OTHER_SUMMARY;
    this.#known.add(summary);
    return summary;
  }
}
