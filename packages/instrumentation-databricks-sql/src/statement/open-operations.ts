import { clock, startBackgroundTimer } from '../clock';
import type { Timer } from '../clock';
import type { Connection } from '../connection/connection';
import type { Guard } from '../guard';

/** An operation whose span has not ended. */
interface OpenOperation {
  /** `performance.now()` at its start. */
  readonly startMs: number;
  readonly connection: Connection | undefined;
  /** Ends it with what is known. */
  abandon(): void;
}

/**
 * The statements whose span waits for a terminal state, and the calls of the driver that have not settled, in the order of
 * their start. One timer for all of them ends what waits longer than the limit; it does not keep the process alive.
 */
export class OpenOperations {
  readonly #operations = new Set<OpenOperation>();
  readonly #maxDurationMs: () => number;
  #timer: Timer | undefined;
  readonly #guard: Guard;

  constructor(guard: Guard, maxDurationMs: () => number) {
    this.#guard = guard;
    this.#maxDurationMs = maxDurationMs;
  }

  add(operation: OpenOperation): void {
    this.#operations.add(operation);
    if (this.#timer === undefined) this.#arm(this.#maxDurationMs());
  }

  delete(operation: OpenOperation): void {
    this.#operations.delete(operation);
  }

  has(connection: Connection): boolean {
    for (const operation of this.#operations) {
      if (operation.connection === connection) return true;
    }
    return false;
  }

  /** Ends the operations of one connection, or of all. */
  abandon(connection?: Connection): void {
    for (const operation of this.#operations) {
      if (connection === undefined || operation.connection === connection) {
        this.#abandon(operation);
      }
    }
    if (this.#operations.size === 0) {
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
    for (const operation of this.#operations) {
      const leftMs = operation.startMs + maxDurationMs - nowMs;
      if (leftMs > 0) {
        this.#arm(Math.ceil(leftMs));
        return;
      }
      this.#abandon(operation);
    }
  }

  /** One that cannot be ended does not keep the others open. */
  #abandon(operation: OpenOperation): void {
    this.#operations.delete(operation);
    this.#guard.run('abandoned operation', () => operation.abandon());
  }
}
