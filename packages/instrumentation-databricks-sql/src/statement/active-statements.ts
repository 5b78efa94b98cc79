import type { Attributes } from '@opentelemetry/api';
import type { Connection, SessionFacts } from '../connection/connection';
import type { Telemetry } from '../telemetry/telemetry';

/** Counts the statements that were submitted and neither closed nor canceled, for `databricks.client.statement.active`. */
export class ActiveStatements {
  /** Grows with each {@link forgetAll}: what was counted before is not counted any more. */
  #generation = 0;
  /** How many statements were counted with which metric attributes. */
  readonly #counts = new Map<Connection, Map<Attributes, number>>();
  readonly #telemetry: Telemetry;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /** @returns what {@link remove} needs */
  add(session: SessionFacts): number {
    this.#change(session, 1);
    return this.#generation;
  }

  remove(session: SessionFacts, generation: number): void {
    if (generation === this.#generation) this.#change(session, -1);
  }

  has(connection: Connection): boolean {
    return this.#counts.has(connection);
  }

  /** The client of this connection is gone, and its statements with it. */
  forget(connection: Connection): void {
    for (const [attributes, count] of this.#counts.get(connection) ?? []) {
      this.#telemetry.metrics.addActiveStatements(-count, attributes);
    }
    this.#counts.delete(connection);
  }

  forgetAll(): void {
    this.#generation += 1;
    for (const connection of this.#counts.keys()) this.forget(connection);
  }

  #change({ connection, metric }: SessionFacts, change: 1 | -1): void {
    const { metrics } = this.#telemetry;
    if (!metrics.live) return;
    let counts = this.#counts.get(connection);
    if (counts === undefined) this.#counts.set(connection, (counts = new Map()));
    const count = (counts.get(metric) ?? 0) + change;
    if (count === 0) counts.delete(metric);
    else counts.set(metric, count);
    if (counts.size === 0) this.#counts.delete(connection);
    metrics.addActiveStatements(change, metric);
  }
}
