import { clock } from '../clock';
import type { Host } from './host';
import type { WayEvent } from './host-trouble';
import { WorkspaceClient } from './workspace-client';
import type { WorkspaceClientOptions } from './workspace-client';

const MAX_CLIENTS = 1_000;
const MAX_IDLE_MS = 10 * 60_000;

/**
 * The workspace clients, one per way: created at first use and removed when idle. A client whose way has trouble is
 * kept, so that an application that connects again and again does not begin each outage anew.
 */
export class WorkspaceClients {
  readonly #options: WorkspaceClientOptions;
  readonly #onError: (hostKey: string, error: string) => void;
  readonly #onEvent: (hostKey: string, event: WayEvent) => void;
  readonly #clients = new Map<string, WorkspaceClient>();

  constructor(
    options: WorkspaceClientOptions,
    onError: (hostKey: string, error: string) => void,
    onEvent: (hostKey: string, event: WayEvent) => void = () => undefined,
  ) {
    this.#options = options;
    this.#onError = onError;
    this.#onEvent = onEvent;
  }

  /** @param agent key of the agent's settings */
  of(host: Host, orgId: string | undefined, agent: string): WorkspaceClient {
    const key = JSON.stringify([host.key, orgId, agent]);
    let client = this.#clients.get(key);
    if (!client) {
      this.#removeOutdated();
      client = new WorkspaceClient(
        key,
        host,
        this.#options,
        (error) => this.#onError(host.key, error),
        (event) => this.#onEvent(host.key, event),
      );
      this.#clients.set(key, client);
    }
    return client;
  }

  ofHost(hostKey: string): WorkspaceClient[] {
    return [...this.#clients.values()].filter((client) => client.hostKey === hostKey);
  }

  removeIdle(): void {
    for (const [key, client] of this.#clients) {
      if (client.isIdle && !client.hasTrouble) this.#clients.delete(key);
    }
  }

  #removeOutdated(): void {
    for (const [key, client] of this.#clients) {
      const idleMs = clock.monotonicMs() - client.lastUsedMs;
      const isOutdated = idleMs > MAX_IDLE_MS || this.#clients.size >= MAX_CLIENTS;
      if (client.isIdle && isOutdated) this.#clients.delete(key);
    }
  }
}
