import type { Agent } from 'node:http';
import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_CONNECTION_USE_PROXY,
  ATTR_DATABRICKS_WORKSPACE_ID,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ResolvedExporterOptions } from '../config';
import { OncePerCondition, guarded } from '../diagnostics';
import { count, flag, text } from '../attribute-values';
import type { ReadableSpan } from '../otel';
import { type Host, type HostVerdict, parseHost } from './host';

const MAX_REFUSED_HOSTS_WARNED = 128;
const STATIC_CONNECTION_ID = 'static';

/** How a connection reaches its workspace. */
export interface Route {
  readonly connectionId: string;
  readonly host: Host;
  /** Attributes that describe the connection. */
  readonly facts: Attributes;
  readonly orgId: string | undefined;
  readonly userAgent: string | undefined;
  /** `undefined` when nothing can be had: the connection is gone. */
  readonly headers: (() => Promise<Readonly<Record<string, string>>>) | undefined;
  readonly agent: (() => Promise<Agent | undefined>) | undefined;
  /** Without its agent the connection cannot be reached the way its owner wants. */
  readonly needsAgent: boolean;
  /** The connection is no more: nothing is remembered of it. */
  readonly isGone: boolean;
}

/** A connection as its spans describe it. */
interface Described {
  readonly connectionId: string;
  readonly facts: Attributes;
  readonly spans: readonly { readonly span: ReadableSpan }[];
}

/** Finds the way to each connection's workspace. */
export class Routes {
  readonly #warnedHosts = new Set<string>();

  constructor(private readonly options: ResolvedExporterOptions) {}

  /** How the connection reaches its workspace; `undefined` when its host is refused. */
  of({ connectionId, facts, spans }: Described): Route | undefined {
    const connection = guarded('access', () => this.options.access?.connection(connectionId));
    if (connection) {
      const host = this.#host(connection.host, connection.port);
      return (
        host && {
          connectionId,
          host,
          facts,
          orgId: connection.orgId,
          userAgent: connection.userAgent,
          headers: () => connection.headers(),
          agent: () => connection.agent(),
          needsAgent: false,
          isGone: false,
        }
      );
    }
    const described = [facts, ...spans.map(({ span }) => span.attributes)].find(
      (attributes) => text(attributes, ATTR_SERVER_ADDRESS) !== undefined,
    );
    return this.#staticRoute(facts, described) ?? this.#bareRoute(connectionId, facts, described);
  }

  /** With the static credentials, which are for one host and for no other. */
  #staticRoute(facts: Attributes, described: Attributes | undefined): Route | undefined {
    const { host: name, port, token, headers, agent } = this.options;
    if (name === undefined) return undefined;
    const host = this.#host(name, port);
    const isOwn =
      described === undefined ||
      this.#parse(
        text(described, ATTR_SERVER_ADDRESS) ?? '',
        count(described, ATTR_SERVER_PORT) ?? port,
      ).key === host?.key;
    if (!host || !isOwn) return undefined;
    const source =
      headers ?? (token === undefined ? undefined : { Authorization: `Bearer ${token}` });
    const workspaceId = text(facts, ATTR_DATABRICKS_WORKSPACE_ID);
    return {
      // The credentials are one tenant, however many connections there are.
      connectionId: STATIC_CONNECTION_ID,
      host,
      facts,
      orgId: workspaceId !== undefined && /^\d{1,19}$/.test(workspaceId) ? workspaceId : undefined,
      userAgent: undefined,
      headers:
        source === undefined
          ? undefined
          : typeof source === 'function'
            ? source
            : () => Promise.resolve(source),
      agent: agent === undefined ? undefined : () => Promise.resolve(agent),
      needsAgent: false,
      isGone: false,
    };
  }

  /** Of a connection that is gone, or never came to be: its spans still tell where it went. */
  #bareRoute(
    connectionId: string,
    facts: Attributes,
    described: Attributes | undefined,
  ): Route | undefined {
    const address = text(described, ATTR_SERVER_ADDRESS);
    const host =
      address === undefined ? undefined : this.#host(address, count(described, ATTR_SERVER_PORT));
    return (
      host && {
        connectionId,
        host,
        facts,
        orgId: undefined,
        userAgent: undefined,
        headers: undefined,
        agent: undefined,
        needsAgent: flag(facts, ATTR_DATABRICKS_CONNECTION_USE_PROXY) ?? false,
        isGone: true,
      }
    );
  }

  #host(name: string, port: number | undefined) {
    const verdict = this.#parse(name, port);
    if ('refused' in verdict) {
      this.#warnOfHost(name, verdict.refused);
      return undefined;
    }
    return verdict;
  }

  #parse(name: string, port: number | undefined): HostVerdict & { key?: string } {
    return parseHost(name, port, this.options.allowPrivateHosts);
  }

  #warnOfHost(name: string, refusal: string): void {
    if (!this.#warnedHosts.has(name) && this.#warnedHosts.size < MAX_REFUSED_HOSTS_WARNED) {
      this.#warnedHosts.add(name);
      new OncePerCondition().warn(
        refusal === 'malformed'
          ? 'no telemetry is sent to a host that is malformed: give connect() the bare name'
          : 'no telemetry is sent to a host that is not public: allowPrivateHosts, if it is right',
      );
    }
  }
}
