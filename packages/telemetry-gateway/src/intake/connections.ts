import type { RemoteConnection } from './remote-connection';

/** The connections whose spans came lately, by `databricks.connection.id`; beyond `capacity` the longest unseen leaves. */
export class Connections {
  readonly #byId = new Map<string, RemoteConnection>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): RemoteConnection | undefined {
    return this.#byId.get(id);
  }

  /** A span of the connection came. */
  seen(connection: RemoteConnection, nowMs: number): void {
    connection.lastSeenMs = nowMs;
    this.#byId.delete(connection.id);
    this.#byId.set(connection.id, connection);
  }

  /** @returns the connection that had to leave */
  add(connection: RemoteConnection): RemoteConnection | undefined {
    this.#byId.set(connection.id, connection);
    if (this.#byId.size <= this.#capacity) return undefined;
    const [oldest] = this.#byId.values();
    if (oldest !== undefined) this.#byId.delete(oldest.id);
    return oldest;
  }

  /** Removes those that were not seen since, in epoch milliseconds. */
  removeIdle(beforeMs: number): RemoteConnection[] {
    const idle: RemoteConnection[] = [];
    for (const connection of this.#byId.values()) {
      if (connection.lastSeenMs >= beforeMs) break;
      idle.push(connection);
    }
    for (const { id } of idle) this.#byId.delete(id);
    return idle;
  }
}
