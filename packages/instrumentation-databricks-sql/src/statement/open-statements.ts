import type { Statement } from './statement';

/**
 * The statements whose span waits for a terminal state, in the order they were submitted. One timer for all of them ends
 * those that waited too long; it never holds the process.
 */
export class OpenStatements {
  private readonly statements = new Set<Statement>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly maxDurationMs: () => number) {}

  add(statement: Statement): void {
    this.statements.add(statement);
    if (this.timer === undefined) this.arm(this.maxDurationMs());
  }

  delete(statement: Statement): void {
    this.statements.delete(statement);
  }

  /** Ends the statements of one connection, or all of them. */
  abandon(connectionId?: string): void {
    for (const statement of this.statements) {
      if (connectionId === undefined || statement.session.connection.id === connectionId) {
        statement.abandon();
      }
    }
    if (this.statements.size === 0) {
      clearTimeout(this.timer);
      this.timer = undefined;
    }
  }

  private arm(delayMs: number): void {
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.expire();
    }, delayMs);
    this.timer.unref();
  }

  private expire(): void {
    const maxDurationMs = this.maxDurationMs();
    const nowMs = performance.now();
    for (const statement of this.statements) {
      const leftMs = statement.startMs + maxDurationMs - nowMs;
      if (leftMs > 0) {
        this.arm(Math.ceil(leftMs));
        return;
      }
      statement.abandon();
    }
  }
}
