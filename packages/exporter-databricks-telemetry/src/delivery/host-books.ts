import { Accounting } from '../accounting';
import type { DroppedCounts } from '../accounting';
import { OncePerCondition } from '../diagnostics';
import type { Fate } from '../record';
import type { CircuitBreakerState } from './circuit-breaker';
import type { FlagState } from './feature-flags';
import { HostTrouble } from './host-trouble';
import type { WayEvent } from './host-trouble';

/** More connected hosts than this suggest that clients are not closed. */
const MANY_HOSTS = 128;
/** Hosts that are remembered after their last connection was closed. */
const MAX_IDLE_HOSTS = 128;

/** Counts of one host in `stats().hosts`, in spans. They remain after the last connection was closed. */
export interface HostStats {
  /** The worst state among the ways to the host: connections with other proxies or TLS settings have their own. */
  readonly breaker: CircuitBreakerState;
  /** `on` when any workspace of the host has its flag on. */
  readonly flag: FlagState;
  /** Connections that sent something and are still open. */
  readonly connections: number;
  readonly pending: number;
  readonly delivered: number;
  readonly dropped: DroppedCounts;
  /** Word for the last failure: a status, an error code of Node.js, or a name. Never a text of the server. */
  readonly lastError: string | undefined;
}

/** The counts of one host. */
export class HostBook {
  readonly connections = new Set<string>();
  readonly trouble: HostTrouble;
  readonly #accounting = new Accounting();
  #pending = 0;
  lastError: string | undefined;

  constructor(hostKey: string) {
    this.trouble = new HostTrouble(hostKey);
  }

  get isIdle(): boolean {
    return this.connections.size === 0 && this.#pending === 0;
  }

  began(spans: number): void {
    this.#pending += spans;
  }

  settled(fates: readonly Fate[]): void {
    this.#pending -= fates.length;
    for (const fate of fates) this.#accounting.settle(fate);
  }

  stats(breaker: CircuitBreakerState, flag: FlagState): HostStats {
    return {
      breaker,
      flag,
      connections: this.connections.size,
      pending: this.#pending,
      delivered: this.#accounting.delivered,
      dropped: this.#accounting.dropped,
      lastError: this.lastError,
    };
  }
}

/** The counts of all hosts, by host and port. */
export class HostBooks {
  readonly #books = new Map<string, HostBook>();
  readonly #hostOfConnection = new Map<string, string>();
  readonly #manyHosts = new OncePerCondition();

  get hosts(): readonly string[] {
    return [...this.#books.keys()];
  }

  of(hostKey: string): HostBook {
    const book = this.#books.get(hostKey) ?? new HostBook(hostKey);
    // The order of the map is the order of use.
    this.#books.delete(hostKey);
    this.#books.set(hostKey, book);
    this.#removeOldestIdle();
    return book;
  }

  connected(hostKey: string, connectionId: string): void {
    this.#hostOfConnection.set(connectionId, hostKey);
    this.of(hostKey).connections.add(connectionId);
    const connectedHosts = [...this.#books.values()].filter(({ connections }) => connections.size);
    if (connectedHosts.length > MANY_HOSTS) {
      this.#manyHosts.warn(
        `telemetry goes to more than ${MANY_HOSTS} hosts at a time: close clients that are no longer used`,
      );
    }
  }

  /** Safe to call for an unknown connection, and twice. */
  disconnected(connectionId: string): void {
    const hostKey = this.#hostOfConnection.get(connectionId);
    this.#hostOfConnection.delete(connectionId);
    if (hostKey !== undefined) this.#books.get(hostKey)?.connections.delete(connectionId);
  }

  disconnectAll(): void {
    this.#hostOfConnection.clear();
    for (const { connections } of this.#books.values()) connections.clear();
  }

  failed(hostKey: string, error: string): void {
    const book = this.of(hostKey);
    // An abort at the shutdown must not hide why the records were still pending.
    if (error !== 'aborted') book.lastError = error;
    else book.lastError ??= error;
  }

  happened(hostKey: string, event: WayEvent): void {
    this.of(hostKey).trouble.happened(event);
  }

  #removeOldestIdle(): void {
    if (this.#books.size <= MAX_IDLE_HOSTS) return;
    const idle = [...this.#books].slice(0, -1).filter(([, book]) => book.isIdle);
    for (const [hostKey] of idle.slice(0, this.#books.size - MAX_IDLE_HOSTS)) {
      this.#books.delete(hostKey);
    }
  }
}
