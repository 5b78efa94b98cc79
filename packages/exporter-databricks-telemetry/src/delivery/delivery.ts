import { setMaxListeners } from 'node:events';
import { appendFile } from 'node:fs';
import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_CONNECTION_USE_PROXY,
  ATTR_DATABRICKS_WORKSPACE_ID,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import {
  DEFAULT_CREDENTIALS_TIMEOUT_MS,
  DEFAULT_DRY_RUN_PATH,
  DEFAULT_REQUEST_TIMEOUT_MS,
  type DatabricksTelemetryExporterOptions,
  type PayloadListener,
} from '../config';
import { OncePerCondition, guarded, logDebug } from '../diagnostics';
import { count, flag, text } from '../frontend-log/attribute-values';
import type { ReadableSpan } from '../otel';
import type { Outcome } from './batch';
import { type CircuitBreakerState, DEFAULT_CIRCUIT_BREAKER_OPTIONS } from './circuit-breaker';
import { FeatureFlags, type FlagState } from './feature-flags';
import { type HostVerdict, parseHost } from './host';
import { type HostClient, HostClients } from './host-client';
import { type Item, Pipeline, type Route } from './pipeline';
import { DEFAULT_RETRY_OPTIONS } from './retry';

const MAX_REFUSED_HOSTS_WARNED = 128;
const STATIC_CONNECTION_ID = 'static';

/** The spans of one connection in one batch, with what is to be said of each: one log or several. */
export interface Group {
  readonly connectionId: string;
  /** Attributes that describe the connection. */
  readonly facts: Attributes;
  readonly spans: readonly { readonly span: ReadableSpan; readonly items: readonly Item[] }[];
}

/** What `stats()` says of one host. */
export interface HostStats {
  readonly breaker: CircuitBreakerState;
  readonly flag: FlagState;
  readonly connections: number;
  readonly pending: number;
  readonly delivered: number;
  readonly dropped: Readonly<Partial<Record<string, number>>>;
  /** Class of the last failure: a status, an error code or a word, never a text of the server. */
  readonly lastError: string | undefined;
}

/** Everything that speaks to hosts. Loaded when there is something to say. */
export class Delivery {
  readonly #now = () => performance.now();
  readonly #flags = new FeatureFlags(this.#now);
  readonly #clients: HostClients;
  readonly #pipeline: Pipeline;
  readonly #warnedHosts = new Set<string>();

  constructor(
    private readonly options: DatabricksTelemetryExporterOptions,
    signal: AbortSignal,
  ) {
    // One listener per request under way: any number is right.
    setMaxListeners(0, signal);
    this.#clients = new HostClients(
      { ...DEFAULT_CIRCUIT_BREAKER_OPTIONS, ...options.circuitBreaker },
      this.#now,
    );
    this.#pipeline = new Pipeline(
      {
        requestTimeoutMs: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
        credentialsTimeoutMs: options.credentialsTimeoutMs ?? DEFAULT_CREDENTIALS_TIMEOUT_MS,
        retry: { ...DEFAULT_RETRY_OPTIONS, ...options.retry },
        unauthenticatedFallback: options.unauthenticatedFallback ?? true,
        customHeaders: options.customHeaders ?? {},
        onPayload: options.onPayload,
        dryRun: dryRunSink(options),
      },
      this.#flags,
      signal,
    );
  }

  /** One outcome per span of the group. Never rejects. */
  async export(group: Group): Promise<Outcome[]> {
    const route = guarded('route', () => this.#route(group));
    if (!route) {
      return group.spans.map(() => ({ kind: 'dropped', reason: 'host_refused' }));
    }
    const { connectionId, host } = route;
    const client = this.#clients.acquire(host, connectionId);
    this.#flags.retain(host.key, connectionId);
    client.pending += group.spans.length;
    client.pendingBatches += 1;
    let outcomes: Outcome[];
    try {
      const ofItems = await this.#pipeline.export(
        group.spans.flatMap(({ items }) => items),
        route,
        client,
      );
      let next = 0;
      outcomes = group.spans.map(({ items }) => worst(ofItems.slice(next, (next += items.length))));
    } catch (error) {
      // A mistake of ours must not come back for ever.
      logDebug('a batch failed', error);
      outcomes = group.spans.map(() => ({ kind: 'dropped', reason: 'untranslatable' }));
    }
    client.pending -= group.spans.length;
    client.pendingBatches -= 1;
    client.lastUsedMs = this.#now();
    for (const outcome of outcomes) {
      if (outcome.kind === 'delivered') {
        client.delivered += 1;
      } else if (outcome.kind === 'dropped') {
        client.drop(outcome.reason, 1);
      }
    }
    if (route.isGone) {
      this.release(connectionId);
    }
    this.#clients.removeIfIdle(client);
    return outcomes;
  }

  /** A connection is gone. Safe to call twice. */
  release(connectionId: string): void {
    const client = this.#clients.release(connectionId);
    if (client) {
      this.#flags.release(client.host.key, connectionId);
    }
  }

  close(): void {
    this.#clients.clear();
  }

  stats(): Record<string, HostStats> {
    return Object.fromEntries(
      this.#clients.list().map((client) => [client.host.key, this.#hostStats(client)]),
    );
  }

  #hostStats(client: HostClient): HostStats {
    return {
      breaker: client.breaker.state,
      flag: this.#flags.peek(client.host.key),
      connections: client.connections.size,
      pending: client.pending,
      delivered: client.delivered,
      dropped: { ...client.dropped },
      lastError: client.lastError,
    };
  }

  /** How the group's connection reaches its workspace; `undefined` when its host is refused. */
  #route({ connectionId, facts, spans }: Group): Route | undefined {
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
    if (name === undefined) {
      return undefined;
    }
    const host = this.#host(name, port);
    const isOwn =
      described === undefined ||
      this.#parse(
        text(described, ATTR_SERVER_ADDRESS) ?? '',
        count(described, ATTR_SERVER_PORT) ?? port,
      ).key === host?.key;
    if (!host || !isOwn) {
      return undefined;
    }
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
    return parseHost(name, port, this.options.allowPrivateHosts ?? false);
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

/** A span is delivered when all of its logs are. */
function worst(outcomes: readonly Outcome[]): Outcome {
  return (
    outcomes.find(({ kind }) => kind === 'undelivered') ??
    outcomes.find(({ kind }) => kind === 'dropped') ?? { kind: 'delivered' }
  );
}

function dryRunSink({
  dryRun,
  dryRunPath = DEFAULT_DRY_RUN_PATH,
}: DatabricksTelemetryExporterOptions): PayloadListener | undefined {
  switch (dryRun) {
    case 'diag':
      return ({ host, path, body }) => logDebug(`${host}${path} ${body}`);
    case 'file':
      return (payload) =>
        appendFile(dryRunPath, `${JSON.stringify(payload)}\n`, (error) => {
          if (error) {
            logDebug('the dry run could not be written', error);
          }
        });
    default:
      return dryRun;
  }
}
