import { BoundedValues } from './bounded-values';

/** Most distinct values of `db.query.summary` on metrics in one process. */
const MAX_METRIC_SUMMARIES = 500;

/** Bounds the number of distinct summaries, so that generated table names do not create ever more metric series. */
export class MetricSummaries extends BoundedValues {
  constructor(limit = MAX_METRIC_SUMMARIES) {
    super(limit);
  }
}
