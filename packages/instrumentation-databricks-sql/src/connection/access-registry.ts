import type { Agent } from 'node:http';
import type { ConnectionAccess, DatabricksAccess } from '../access';
import { startBackgroundTimer } from '../clock';
import type { Timer } from '../clock';
import type { Connection } from './connection';
import { Credentials } from './credentials';
import type { Providers } from './credentials';
import type { Client } from '../driver/shapes';
import type { Guard } from '../guard';

/** How long a closed connection's credentials are kept for the final flush, unless they are released before. */
export const CLOSED_ACCESS_GRACE_MS = 30_000;
const ORG_ID_HEADER = 'x-databricks-org-id';

interface Entry {
  readonly connection: Connection;
  readonly access: ConnectionAccess;
  readonly client: WeakRef<Client>;
  readonly credentials: Credentials;
  /** Held strongly from the client's close until the flush is done or the grace period over. */
  closed: ClosedConnection | undefined;
}

interface ClosedConnection {
  readonly providers: Providers;
  readonly timer: Timer;
  /** Exporters and owners that have not released the connection. */
  users: number;
  /** The client goes on without being patched: its entry outlives the flush. */
  readonly isDetached: boolean;
}

/** The live connections, by id. Clients are held weakly; credentials are read on request and never stored. */
export class AccessRegistry implements DatabricksAccess {
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(connectionId: string) => void>();
  readonly #guard: Guard;

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  add(connection: Connection, client: Client): void {
    const credentials = new Credentials(() => ({
      ...providersOf(entry),
      isClosed: entry.closed !== undefined && !entry.closed.isDetached,
    }));
    const entry: Entry = {
      connection,
      client: new WeakRef(client),
      credentials,
      closed: undefined,
      access: {
        host: connection.host,
        port: connection.port,
        get orgId() {
          return orgId(providersOf(entry).customHeaders) ?? connection.workspaceId;
        },
        get userAgent() {
          return providersOf(entry).connection?.options?.headers?.['User-Agent'];
        },
        get isAuthenticated() {
          return credentials.isAuthenticated;
        },
        headers: ({ refresh = false } = {}) => credentials.headers(refresh),
        agent: async () => (await providersOf(entry).connection?.getAgent?.()) as Agent | undefined,
      },
    };
    this.#entries.set(connection.id, entry);
  }

  /** A call of the driver has succeeded with the credentials of the connection. */
  authenticated({ id, isKernel }: Connection): void {
    this.#entries.get(id)?.credentials.servedDriver(isKernel);
  }

  /** A call of the driver has failed, and not by an answer of the warehouse: its auth provider may have failed. */
  failed({ id }: Connection): void {
    this.#entries.get(id)?.credentials.failedDriver();
  }

  /** The client was collected. A closed connection keeps its grace period. */
  forget(connectionId: string): void {
    if (this.#entries.get(connectionId)?.closed === undefined) this.#entries.delete(connectionId);
  }

  /** The providers of a client, to be read before the driver's `close` drops them. */
  providers(client: Client): Providers {
    return providersOfClient(client);
  }

  /** The client was closed: its providers are kept for the final flush, which starts now. */
  closed(connectionId: string, providers: Providers): void {
    this.#end(connectionId, providers, false);
  }

  /**
   * The instrumentation was disabled: the flush of each connection starts now, and its client stays as it is.
   * @returns the clients
   */
  detachAll(): Client[] {
    const clients: Client[] = [];
    for (const [connectionId, { client, closed }] of this.#entries) {
      const live = client.deref();
      if (live !== undefined && closed === undefined) {
        clients.push(live);
        this.#end(connectionId, providersOfClient(live), true);
      }
    }
    return clients;
  }

  #end(connectionId: string, providers: Providers, isDetached: boolean): void {
    const entry = this.#entries.get(connectionId);
    if (entry === undefined) return;
    if (entry.closed !== undefined) {
      // Closed after all: what holds the credentials until the flush is done stays in place.
      if (entry.closed.isDetached && !isDetached) entry.closed = { ...entry.closed, isDetached };
      return;
    }
    const timer = startBackgroundTimer(
      this.#guard,
      'the grace period of a closed connection',
      CLOSED_ACCESS_GRACE_MS,
      () => {
        this.#forgetProviders(connectionId);
      },
    );
    const { ownership } = entry.connection;
    const isOwned = ownership?.hasOpenOwner === true;
    entry.closed = {
      providers,
      timer,
      users: this.#listeners.size + (isOwned ? 1 : 0),
      isDetached,
    };
    for (const listener of this.#listeners) {
      this.#guard.runHook('access.onClosed', listener, connectionId);
    }
    if (isOwned) {
      ownership
        .closed()
        .catch((error: unknown) => {
          this.#guard.report('telemetry owner', error);
        })
        .finally(() => {
          this.release(connectionId);
        });
    }
  }

  #forgetProviders(connectionId: string): void {
    const entry = this.#entries.get(connectionId);
    if (entry?.closed?.isDetached === true) entry.closed = undefined;
    else this.#entries.delete(connectionId);
  }

  connection(connectionId: string): ConnectionAccess | undefined {
    const entry = this.#entries.get(connectionId);
    if (entry === undefined) return undefined;
    return entry.closed === undefined && entry.client.deref() === undefined
      ? undefined
      : entry.access;
  }

  onClosed(listener: (connectionId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  release(connectionId: string): void {
    const closed = this.#entries.get(connectionId)?.closed;
    if (closed === undefined) return;
    closed.users -= 1;
    if (closed.users > 0) return;
    closed.timer.cancel();
    this.#forgetProviders(connectionId);
  }
}

function providersOf(entry: Entry): Providers {
  return entry.closed?.providers ?? providersOfClient(entry.client.deref());
}

function providersOfClient(client: Client | undefined): Providers {
  return {
    auth: client?.getAuthProvider?.() ?? client?.authProvider,
    connection: client?.connectionProvider,
    customHeaders: client?.getConfig?.().customHeaders ?? {},
  };
}

/** Digits only, as the driver takes it from a path; a caller's own header wins over the path. */
function orgId(headers: Readonly<Record<string, string>>): string | undefined {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === ORG_ID_HEADER);
  return name === undefined ? undefined : headers[name];
}
