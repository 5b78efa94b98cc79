import { AccessRegistry } from '../connection/access-registry';
import type { Connection, SessionFacts } from '../connection/connection';
import { Ownership } from '../connection/ownership';
import type { DriverReport } from '../driver/report';
import type { Client, ConnectionOptions, Operation, Session } from '../driver/shapes';
import type { Guard } from '../guard';
import { OpenResources } from '../statement/open-resources';
import { MetricDimensions } from '../statement/metric-dimensions';
import { OpenOperations } from '../statement/open-operations';
import type { Statement, StatementContext } from '../statement/statement';
import type { QueryTags } from '../query-tags/query-tags';
import type { Telemetry } from '../telemetry/telemetry';
import type { TelemetryConnection } from '../telemetry-channel';
import { hiddenField } from './hidden-field';

/** Finds classes of the driver from its objects, where their files were not hooked. */
export interface Discovery {
  fromConnected(client: Client): void;
  fromSession(session: Session): void;
  fromOperation(operation: Operation): void;
  /** The results provider of the kernel exists once the first rows are asked for. */
  fromResultsProvider(provider: object): void;
  fromResultSlicer(slicer: object): void;
}

/** What all patches of one instrumentation share: telemetry, and what is known of each driver object. */
export class SharedState implements StatementContext {
  readonly guard: Guard;
  readonly access: AccessRegistry;
  readonly openOperations: OpenOperations;
  readonly openResources: OpenResources;
  readonly connections = new WeakMap<object, Connection>();
  readonly sessions = new WeakMap<object, SessionFacts>();
  /** By the operation handle, which all layers of the driver share; by the backend on the kernel. */
  readonly statements = hiddenField<Statement>();
  /** The driver's operation, by the same objects, for the layers that know only its handle or its results. */
  readonly operations = hiddenField<Operation>();
  /** False while the instrumentation is disabled: the patches then call the driver and do nothing else. */
  enabled = false;
  discovery: Discovery | undefined = undefined;
  readonly dimensions: MetricDimensions;
  /** `undefined` while the options ask for none. */
  queryTags: QueryTags | undefined = undefined;
  #hasWarnedOfMissingOwner = false;
  #hasWarnedOfUncountedRows = false;
  /** What the configuration of a client would be if its telemetry had not been replaced. */
  readonly #replaced = new WeakMap<Client, boolean>();
  /** By client, the connections that are in use; the registry holds the same set for the client's collection. */
  readonly #inUse = new WeakMap<Client, Set<Connection>>();
  readonly #collected: FinalizationRegistry<Set<Connection>>;

  constructor(
    readonly telemetry: Telemetry,
    readonly report: DriverReport,
  ) {
    this.guard = telemetry.guard;
    this.dimensions = new MetricDimensions(this.guard);
    this.access = new AccessRegistry(this.guard);
    this.openOperations = new OpenOperations(
      this.guard,
      () => telemetry.config.statementMaxDurationMs,
    );
    this.openResources = new OpenResources(telemetry);
    // A client, its sessions and their operations refer to each other, so they are collected together.
    this.#collected = new FinalizationRegistry((connections) => {
      this.guard.run('collected client', () => {
        for (const connection of connections) this.#forget(connection);
      });
    });
  }

  /** The client of the connection is gone. */
  #forget(connection: Connection): void {
    this.openOperations.abandon(connection);
    this.openResources.leaked(connection);
    this.openResources.forget(connection);
    this.access.forget(connection.id);
    connection.ownership?.closed().catch((error: unknown) => {
      this.guard.report('telemetry owner', error);
    });
  }

  /** `driverTelemetry: 'replace'`, and nothing that would report in place of the driver. */
  warnOfMissingOwner(): void {
    if (this.#hasWarnedOfMissingOwner) return;
    this.#hasWarnedOfMissingOwner = true;
    this.guard.warn(
      "driverTelemetry is 'replace', but no telemetry processor has claimed a connection, so the driver's telemetry is " +
        'left as it is: create a DatabricksTelemetrySpanProcessor before the client connects',
    );
  }

  /** The query tags for calls of this connection, while it takes any. */
  queryTagsFor(connection: Connection): QueryTags | undefined {
    return connection.refusesQueryTags ? undefined : this.queryTags;
  }

  /** `whenRefused: 'send-without'`: a call is sent again without the added tags, and later calls have none. */
  refusedTags(connection: Connection): void {
    connection.refusesQueryTags = true;
    this.queryTags?.warnOfRefusal();
  }

  /** Rows reached the application past every method that is known to fetch some. */
  warnOfUncountedRows(driverVersion: unknown): void {
    if (this.#hasWarnedOfUncountedRows) return;
    this.#hasWarnedOfUncountedRows = true;
    this.guard.warn(
      `fetchAll of @databricks/sql ${String(driverVersion)} returned rows that no known method fetched: its rows are ` +
        'counted, and their chunks and times may be missing; look for a newer version of this instrumentation',
    );
  }

  /** The client is about to connect with its own telemetry off, which the driver keeps for later connects. */
  replaceDriverTelemetry(client: Client, options: ConnectionOptions): void {
    const enabled = options.telemetryEnabled ?? client.getConfig?.().telemetryEnabled;
    if (enabled !== undefined) this.#replaced.set(client, enabled);
  }

  /** A later connect of the client may have no owner: it starts from the application's own choice. */
  restoreDriverTelemetry(client: Client): void {
    const enabled = this.#replaced.get(client);
    const config = client.getConfig?.();
    if (enabled !== undefined && config !== undefined) config.telemetryEnabled = enabled;
    this.#replaced.delete(client);
  }

  connected(client: Client, connection: Connection): void {
    this.guard.repeatWarnings();
    const previous = this.connections.get(client);
    if (previous !== undefined) this.access.closed(previous.id, this.access.providers(client));
    connection.ownership = new Ownership(
      telemetryConnection(connection, this.access),
      this.telemetry.config.driverTelemetry === 'gateway',
    );
    this.connections.set(client, connection);
    this.access.add(connection, client);
    this.#use(client, connection);
  }

  /** Registers a client once, whatever the number of its connects, and keeps the connections that have statements. */
  #use(client: Client, connection: Connection): void {
    let connections = this.#inUse.get(client);
    if (connections === undefined) {
      connections = new Set();
      this.#inUse.set(client, connections);
      this.#collected.register(client, connections);
    }
    for (const previous of connections) {
      if (!this.openResources.has(previous) && !this.openOperations.has(previous)) {
        connections.delete(previous);
      }
    }
    connections.add(connection);
  }

  /** The application closes the client: what it has left open is leaked, although the driver closes it now. */
  closing(client: Client): void {
    for (const connection of this.#inUse.get(client) ?? []) this.openResources.leaked(connection);
  }

  /** Ends the statements that still wait for their end, stops counting them, and has what they left delivered. */
  abandonAll(): void {
    this.openOperations.abandon();
    this.openResources.forgetAll();
    for (const client of this.access.detachAll()) this.restoreDriverTelemetry(client);
  }
}

/** A connection as its owner sees it. */
function telemetryConnection(
  connection: Connection,
  registry: AccessRegistry,
): TelemetryConnection {
  const { id, isOptedOut } = connection;
  return Object.freeze({
    id,
    isOptedOut,
    get attributes() {
      return connection.attributes;
    },
    get access() {
      return registry.connection(id);
    },
  });
}
