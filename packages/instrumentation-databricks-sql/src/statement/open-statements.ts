import { clock, startBackgroundTimer } from '../clock';
import type { Timer } from '../clock';
import type { Connection } from '../connection/connection';
import type { Guard } from '../guard';

/** A statement whose span has not ended. */
interface OpenStatement {
  /** `performance.now()` at the submit. */
  readonly startMs: number;
  readonly session: { readonly connection: Connection };
  abandon(): void;
}

/**
 * The statements whose span waits for a terminal state, in the order of their submission. One timer for all of them ends
 * a statement that waits longer than the limit; it does not keep the process alive.
 */
export class OpenStatements {
  readonly #statements = new Set<OpenStatement>();
  readonly #maxDurationMs: () => number;
  #timer: Timer | undefined;
  readonly #guard: Guard;

  constructor(guard: Guard, maxDurationMs: () => number) {
    this.#guard = guard;
    this.#maxDurationMs = maxDurationMs;
  }

  add(statement: OpenStatement): void {
    this.#statements.add(statement);
    if (this.#timer === undefined) this.#arm(this.#maxDurationMs());
  }

  delete(statement: OpenStatement): void {
    this.#statements.delete(statement);
  }

  /** Ends the statements of one connection, or of all. */
  abandon(connection?: Connection): void {
    for (const statement of this.#statements) {
      if (connection === undefined || statement.session.connection === connection) {
        statement.abandon();
      }
    }
    if (this.#statements.size === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
    }
  }

  #arm(delayMs: number): void {
    this.#timer = startBackgroundTimer(this.#guard, 'statementMaxDurationMs', delayMs, () => {
      this.#timer = undefined;
      this.#expire();
    });
  }

  #expire(): void {
    const maxDurationMs = this.#maxDurationMs();
    const nowMs = clock.monotonicMs();
    for (const statement of this.#statements) {
      const leftMs = statement.startMs + maxDurationMs - nowMs;
      if (leftMs > 0) {
        this.#arm(Math.ceil(leftMs));
        return;
      }
      statement.abandon();
    }
  }
}
