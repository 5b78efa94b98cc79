import { OncePerCondition, logDebug } from '../diagnostics';
import type { DropReason } from '../record';
import { CircuitBreaker, type CircuitBreakerOptions, type MonotonicClock } from './circuit-breaker';
import type { Host } from './host';

/** Beyond it something opens connections to ever new hosts. */
const MANY_HOSTS = 128;
const MAX_IDLE_MS = 10 * 60_000;

/** What is kept of a host as long as a connection to it lives or a record for it is pending. */
export class HostClient {
  readonly breaker: CircuitBreaker;
  /** Connections that refer to it. */
  readonly connections = new Set<string>();
  /** Conditions that were warned of, by connection. */
  readonly #warnings = new Map<string, OncePerCondition>();
  /** Batches under way. */
  pendingBatches = 0;
  pending = 0;
  delivered = 0;
  readonly dropped: Partial<Record<DropReason, number>> = {};
  lastError: string | undefined;
  /** The service asked to be left alone until then. */
  pausedUntilMs = 0;
  /** When the last batch ended. */
  lastUsedMs = 0;

  constructor(
    readonly host: Host,
    options: CircuitBreakerOptions,
    readonly now: MonotonicClock,
  ) {
    this.breaker = new CircuitBreaker(options, now, (from, to) =>
      logDebug(`circuit breaker of ${host.key}: ${from} -> ${to}`),
    );
  }

  get isIdle(): boolean {
    return this.connections.size === 0 && this.pendingBatches === 0;
  }

  drop(reason: DropReason, count: number): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + count;
  }

  /** Warns of a connection's trouble once, until a batch of it gets through again. */
  warning(connectionId: string): OncePerCondition {
    let warning = this.#warnings.get(connectionId);
    if (!warning) {
      warning = new OncePerCondition();
      this.#warnings.set(connectionId, warning);
    }
    return warning;
  }

  rearmWarning(connectionId: string): void {
    this.#warnings.delete(connectionId);
  }
}

/**
 * The host clients, one per host: created at first use, shared by the host's connections, removed when the last
 * connection is gone and nothing is pending. Only one whose breaker remembers failures is kept a little longer: an
 * application that connects again and again to a host that is down must not begin anew each time.
 */
export class HostClients {
  readonly #clients = new Map<string, HostClient>();
  readonly #hostOfConnection = new Map<string, string>();
  readonly #manyHosts = new OncePerCondition();

  constructor(
    private readonly options: CircuitBreakerOptions,
    private readonly now: MonotonicClock,
  ) {}

  /** The client of `host`, to which `connectionId` now refers. Referring twice is the same as once. */
  acquire(host: Host, connectionId: string): HostClient {
    let client = this.#clients.get(host.key);
    if (!client) {
      this.#removeOutdated();
      client = new HostClient(host, this.options, this.now);
      this.#clients.set(host.key, client);
      if (this.#clients.size > MANY_HOSTS) {
        this.#manyHosts.warn(
          `telemetry goes to more than ${MANY_HOSTS} hosts at a time: are clients closed?`,
        );
      }
    }
    client.connections.add(connectionId);
    this.#hostOfConnection.set(connectionId, host.key);
    return client;
  }

  /** Ends the reference of a connection; of an unknown one, or twice, does nothing. Returns the host it was of. */
  release(connectionId: string): HostClient | undefined {
    const hostKey = this.#hostOfConnection.get(connectionId);
    const client = hostKey === undefined ? undefined : this.#clients.get(hostKey);
    this.#hostOfConnection.delete(connectionId);
    client?.connections.delete(connectionId);
    client?.rearmWarning(connectionId);
    if (client) this.removeIfIdle(client);
    return client;
  }

  /** Removes a client that nobody refers to, that has nothing under way, and whose host was well. */
  removeIfIdle(client: HostClient): void {
    if (client.isIdle && !client.breaker.hasFailures && client.pausedUntilMs <= this.now()) {
      this.remove(client.host.key);
    }
  }

  #removeOutdated(): void {
    for (const client of this.list()) {
      const idleMs = this.now() - client.lastUsedMs;
      if (client.isIdle && (idleMs > MAX_IDLE_MS || this.#clients.size >= MANY_HOSTS)) {
        this.remove(client.host.key);
      }
    }
  }

  get(hostKey: string): HostClient | undefined {
    return this.#clients.get(hostKey);
  }

  remove(hostKey: string): void {
    this.#clients.delete(hostKey);
  }

  list(): HostClient[] {
    return [...this.#clients.values()];
  }

  clear(): void {
    this.#clients.clear();
    this.#hostOfConnection.clear();
  }
}
