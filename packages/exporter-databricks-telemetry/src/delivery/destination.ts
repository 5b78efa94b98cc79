import type { Agent } from 'node:http';
import type { Attributes } from '@opentelemetry/api';
import type { ConnectionAccess } from '@dbsql-otel/instrumentation-databricks-sql';
import {
  ATTR_DATABRICKS_WORKSPACE_ID,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { HeadersSource, ResolvedExporterOptions } from '../config';
import { OncePerCondition, runCallback } from '../diagnostics';
import { count, text } from '../attribute-values';
import type { ConnectionBatch } from './connection-batch';
import { parseHost } from './host';
import type { Host, HostVerdict } from './host';

const MAX_REFUSED_HOSTS_WARNED = 128;
const MAX_CONNECTIONS = 1_000;
const STATIC_CREDENTIALS_ID = 'static';

/** Where the records of a connection go, and how they are authenticated. */
export interface Destination {
  /** The connection, or all connections that share the static credentials. */
  readonly id: string;
  readonly host: Host;
  readonly orgId: string | undefined;
  readonly userAgent: string | undefined;
  /**
   * Asks for the headers that authenticate a request. Absent when there are no credentials.
   * @param isRefused whether the workspace has refused the last ones
   */
  readonly headers: ((isRefused?: boolean) => unknown) | undefined;
  /** Asking again may give fresh credentials. */
  readonly canRefresh: boolean;
  readonly agent: (() => Promise<Agent | undefined>) | undefined;
  /** The connection no longer exists, and its credentials and agent with it. */
  readonly isGone: boolean;
}

/** Finds the destination of each connection's records. */
export class Destinations {
  readonly #options: ResolvedExporterOptions;
  readonly #warnedHosts = new Set<string>();
  readonly #unknownHost = new OncePerCondition();
  /** The attributes that named the server of a connection, since not every span does. */
  readonly #servers = new Map<string, Attributes>();

  constructor(options: ResolvedExporterOptions) {
    this.#options = options;
  }

  /** `undefined` when the host is refused or unknown. */
  of(batch: ConnectionBatch): Destination | undefined {
    const access = runCallback('access', () => this.#accessOf(batch));
    if (access) return this.#ofConnection(batch.connectionId, access);
    const server = this.#serverOf(batch);
    if (server === undefined) {
      this.#unknownHost.warn(
        'telemetry records without a server address are dropped: keep `connectionSpans` on, or pass the instrumentation`s access',
      );
      return undefined;
    }
    return this.#ofStaticCredentials(batch.facts, server) ?? this.#ofGone(batch, server);
  }

  /** Credentials that were configured come before those of a claimed connection. */
  #accessOf({ connectionId, claimed }: ConnectionBatch): ConnectionAccess | undefined {
    const { access, host } = this.#options;
    const configured = access?.connection(connectionId);
    return configured === undefined && host === undefined ? claimed?.access : configured;
  }

  #ofConnection(id: string, access: ConnectionAccess): Destination | undefined {
    const host = this.#host(access.host, access.port);
    // A provider that has not served the driver would begin a login of its own.
    const mayAsk = access.isAuthenticated !== false;
    return (
      host && {
        id,
        host,
        orgId: access.orgId,
        userAgent: access.userAgent,
        headers: mayAsk ? (isRefused = false) => access.headers({ refresh: isRefused }) : undefined,
        canRefresh: mayAsk,
        agent: () => access.agent(),
        isGone: false,
      }
    );
  }

  /** The static credentials are for one host and no other. */
  #ofStaticCredentials(facts: Attributes, server: Attributes): Destination | undefined {
    const { host: name, port, token, headers, agent } = this.#options;
    if (name === undefined) return undefined;
    const host = this.#host(name, port);
    const own = this.#parse(
      text(server[ATTR_SERVER_ADDRESS]) ?? '',
      count(server[ATTR_SERVER_PORT]) ?? port,
    );
    if (!host || own.key !== host.key) return undefined;
    const source: HeadersSource | undefined =
      headers ?? (token === undefined ? undefined : { Authorization: `Bearer ${token}` });
    return {
      id: STATIC_CREDENTIALS_ID,
      host,
      orgId: orgIdOf(facts),
      userAgent: undefined,
      headers: typeof source === 'function' ? () => source() : source && (() => source),
      canRefresh: typeof source === 'function',
      agent: agent === undefined ? undefined : () => Promise.resolve(agent),
      isGone: false,
    };
  }

  #ofGone({ connectionId, facts }: ConnectionBatch, server: Attributes): Destination | undefined {
    const host = this.#host(
      text(server[ATTR_SERVER_ADDRESS]) ?? '',
      count(server[ATTR_SERVER_PORT]),
    );
    return (
      host && {
        id: connectionId,
        host,
        orgId: orgIdOf(facts),
        userAgent: undefined,
        headers: undefined,
        canRefresh: false,
        agent: undefined,
        isGone: true,
      }
    );
  }

  #serverOf({ connectionId, facts, records }: ConnectionBatch): Attributes | undefined {
    const named = [facts, ...records.map(({ span }) => span.attributes)].find(
      (attributes) => text(attributes[ATTR_SERVER_ADDRESS]) !== undefined,
    );
    if (named === undefined || connectionId === '') return named ?? this.#servers.get(connectionId);
    if (!this.#servers.has(connectionId) && this.#servers.size >= MAX_CONNECTIONS) {
      const [oldest = ''] = this.#servers.keys();
      this.#servers.delete(oldest);
    }
    this.#servers.set(connectionId, named);
    return named;
  }

  #host(name: string, port: number | undefined): Host | undefined {
    const verdict = this.#parse(name, port);
    if ('refused' in verdict) {
      this.#warnOfHost(name, verdict.refused);
      return undefined;
    }
    return verdict;
  }

  #parse(name: string, port: number | undefined): HostVerdict & { key?: string } {
    return parseHost(name, port, this.#options.allowPrivateHosts);
  }

  #warnOfHost(name: string, refusal: string): void {
    if (!this.#warnedHosts.has(name) && this.#warnedHosts.size < MAX_REFUSED_HOSTS_WARNED) {
      this.#warnedHosts.add(name);
      new OncePerCondition().warn(
        refusal === 'malformed'
          ? 'no telemetry is sent to a host that is malformed: give connect() the bare name'
          : 'no telemetry is sent to a host that is not public: set allowPrivateHosts if the host is right',
      );
    }
  }
}

/** The workspace's number, for the `x-databricks-org-id` header. */
function orgIdOf(facts: Attributes): string | undefined {
  const workspaceId = text(facts[ATTR_DATABRICKS_WORKSPACE_ID]);
  return workspaceId !== undefined && /^\d{1,19}$/.test(workspaceId) ? workspaceId : undefined;
}
