import type { JsonObject, LoggedRequest, StatementFacts } from '@dbsql-otel/local-warehouse';

/** One event as the warehouse saw it, and the logs that came of it. */
export interface Observation {
  readonly event: string;
  /** Milliseconds since the epoch. */
  readonly begunAt: number;
  readonly endedAt: number;
  readonly sessionIds: readonly string[];
  /** Requests but those for telemetry, in order. */
  readonly requests: readonly LoggedRequest[];
  readonly statements: readonly StatementFacts[];
  readonly logs: readonly JsonObject[];
}
