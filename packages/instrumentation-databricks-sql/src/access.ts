import type { Agent } from 'node:http';

/**
 * What a telemetry exporter needs to send requests to a connection's workspace as the driver does. None of it is ever an
 * attribute of a span.
 */
export interface ConnectionAccess {
  /** Host as given to `connect()`, without scheme, port and slash; otherwise unchanged. */
  readonly host: string;
  readonly port: number;
  /** Digits for the `x-databricks-org-id` header, when the http path names the workspace. */
  readonly orgId: string | undefined;
  /** The `User-Agent` the driver itself sends, when it could be read. */
  readonly userAgent: string | undefined;
  /**
   * Whether the auth provider has authenticated a request of the driver, and has not failed too often since. Only then
   * may it be asked: another provider would begin a login that the application did not ask for. `undefined` when this
   * is not known, as for access that an application makes itself.
   */
  readonly isAuthenticated?: boolean;
  /**
   * The headers that authenticated the driver's last request, without asking the auth provider; never stored here. The
   * provider is asked when the driver has none or the workspace has refused them; calls at the same time share one
   * request. Rejects with the provider's error, for a time after a failure without asking it, and when the provider must
   * not be asked; resolves without `Authorization` when there is no credential.
   *
   * @param options `refresh`: the workspace has refused the headers that the last call gave. Default `false`.
   */
  headers(options?: { readonly refresh?: boolean }): Promise<Readonly<Record<string, string>>>;
  /** The driver's HTTPS agent (proxy, custom CA, client certificate), when it has one. */
  agent(): Promise<Agent | undefined>;
}

/** Weak access to the live connections, keyed by `databricks.connection.id`. */
export interface DatabricksAccess {
  /** `undefined` when the connection is unknown, was collected, or was closed and released. */
  connection(connectionId: string): ConnectionAccess | undefined;
  /**
   * Calls `listener` when a client was closed, so that what it left can be flushed while its credentials are there.
   * Returns the function that ends the subscription.
   */
  onClosed(listener: (connectionId: string) => void): () => void;
  /**
   * The final flush of a closed connection is done. Its credentials are released when all subscribers of `onClosed` have
   * called this, or after the grace period.
   */
  release(connectionId: string): void;
}
