import { OncePerCondition } from '../diagnostics';

/** Conditions of a connection that the application has to correct. */
export type Condition = 'missing' | 'refused' | 'invalid_header';

/** Warns of each connection's trouble once, until a record of the connection was delivered or the connection is closed. */
export class ConnectionWarnings {
  readonly #warned = new Map<string, Set<Condition>>();

  /** One line for all connections that share the trouble. */
  warn(connectionIds: readonly string[], condition: Condition, message: string): void {
    const unwarned = connectionIds.filter((id) => this.#warned.get(id)?.has(condition) !== true);
    if (unwarned.length === 0) return;
    for (const id of unwarned) {
      this.#warned.set(id, (this.#warned.get(id) ?? new Set()).add(condition));
    }
    new OncePerCondition().warn(message);
  }

  rearm(connectionId: string): void {
    this.#warned.delete(connectionId);
  }
}
