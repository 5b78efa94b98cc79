import { SpanKind } from '@opentelemetry/api';
import type { Attributes, Span } from '@opentelemetry/api';
import { clock } from '../clock';
import {
  configuration,
  Connection,
  hasDriverTelemetry,
  optionsOfConnected,
  SessionFacts,
  versionFromUserAgent,
} from '../connection/connection';
import { withProperty } from '../driver/options-view';
import type { Client, ConnectionOptions, Session } from '../driver/shapes';
import {
  ATTR_DATABRICKS_CONNECTION_ARROW_ENABLED,
  ATTR_DATABRICKS_CONNECTION_DIRECT_RESULTS_ENABLED,
  ATTR_DATABRICKS_CONNECTION_LZ4_ENABLED,
  ATTR_DATABRICKS_CONNECTION_METRIC_VIEW_METADATA,
  ATTR_DATABRICKS_CONNECTION_OPTED_OUT,
  ATTR_DATABRICKS_CONNECTION_SOCKET_TIMEOUT,
  ATTR_DATABRICKS_DRIVER_TELEMETRY_ENABLED,
  ATTR_DATABRICKS_OPERATION,
  OPERATION_CONNECT,
  OPERATION_OPEN_SESSION,
} from '../semconv';
import { isTagRefusal } from '../query-tags/refusal';
import type { Failure } from '../telemetry/failure';
import type { StartedOperation } from '../telemetry/operation';
import { DriverCall } from './driver-call';
import { taggedSessionOptions } from './query-tags';
import { traceMethod } from './method-patch';
import type { ClassPatch } from './method-patch';
import type { SharedState } from './shared-state';

/** What only telemetry needs of a connection. */
const SWITCHES: ReadonlySet<string> = new Set([
  ATTR_DATABRICKS_CONNECTION_SOCKET_TIMEOUT,
  ATTR_DATABRICKS_CONNECTION_LZ4_ENABLED,
  ATTR_DATABRICKS_CONNECTION_ARROW_ENABLED,
  ATTR_DATABRICKS_CONNECTION_DIRECT_RESULTS_ENABLED,
  ATTR_DATABRICKS_CONNECTION_METRIC_VIEW_METADATA,
]);

/** `DBSQLClient`. */
export function clientPatch(shared: SharedState, driverVersion?: string): ClassPatch {
  return {
    connect: traceMethod(shared, 'connect', (client: Client, args) =>
      beginConnect(shared, client, args, driverVersion),
    ),
    openSession: traceMethod(shared, 'openSession', (client: Client, args) =>
      beginOpenSession(
        shared,
        client,
        new SessionFacts(connectionOf(shared, client), args[0] ?? {}),
        args,
      ),
    ),
    close: traceMethod(shared, 'client.close', (client: Client) => {
      const connection = shared.connections.get(client);
      shared.closing(client);
      return connection && new CloseClientCall(shared, client, connection);
    }),
  };
}

function beginConnect(
  shared: SharedState,
  client: Client,
  args: readonly unknown[],
  driverVersion: string | undefined,
): ConnectCall {
  const { telemetry } = shared;
  const options = (args[0] ?? {}) as ConnectionOptions;
  const connection = new Connection(options);
  shared.restoreDriverTelemetry(client);
  shared.connected(client, connection);
  const attributes = {
    ...connection.server,
    ...connection.identity,
    ...factsForGateway(shared, connection),
    [ATTR_DATABRICKS_OPERATION]: OPERATION_CONNECT,
  };
  const operation = telemetry.begin(
    connection,
    `connect ${connection.host}`.trimEnd(),
    SpanKind.INTERNAL,
    attributes,
    { hasSpan: telemetry.config.connectionSpans },
  );
  // Arguments that are no options stay as they are, for the driver to refuse.
  let driverArgs: readonly unknown[] | undefined;
  if (args[0] === options && isReplaced(shared, connection)) {
    driverArgs = [withProperty(options, 'telemetryEnabled', false), ...args.slice(1)];
    shared.replaceDriverTelemetry(client, options);
  }
  return new ConnectCall(shared, operation, driverArgs, client, args, driverVersion);
}

/**
 * What a gateway needs of the connection on `connect` and `open_session`: it may have missed `connect`, and cannot ask
 * whether the application opted out.
 */
function factsForGateway({ telemetry }: SharedState, connection: Connection): Attributes {
  if (telemetry.config.driverTelemetry !== 'gateway') return {};
  return connection.isOptedOut
    ? { ...connection.attributes, [ATTR_DATABRICKS_CONNECTION_OPTED_OUT]: true }
    : connection.attributes;
}

/** Whether a consumer, or a gateway, reports the telemetry of a new connection in place of the driver. */
function isReplaced(shared: SharedState, { isOptedOut, ownership }: Connection): boolean {
  const { driverTelemetry } = shared.telemetry.config;
  if (isOptedOut || driverTelemetry === 'keep') return false;
  if (driverTelemetry === 'gateway') return true;
  if (ownership?.ask() === true) return true;
  if (driverTelemetry === 'replace') shared.warnOfMissingOwner();
  return false;
}

class ConnectCall extends DriverCall {
  readonly #shared: SharedState;
  readonly #client: Client;
  readonly #given: readonly unknown[];
  readonly #driverVersion: string | undefined;

  constructor(
    shared: SharedState,
    operation: StartedOperation,
    driverArgs: readonly unknown[] | undefined,
    client: Client,
    given: readonly unknown[],
    driverVersion: string | undefined,
  ) {
    super(shared.telemetry, operation, undefined, driverArgs);
    this.#shared = shared;
    this.#client = client;
    this.#given = given;
    this.#driverVersion = driverVersion;
  }

  override succeeded(): void {
    this.#settled();
    this.#shared.discovery?.fromConnected(this.#client);
  }

  override failed(failure: Failure): void {
    super.failed(failure);
    this.#settled();
  }

  #settled(): void {
    const connection = this.operation?.connection;
    if (connection?.ownership !== undefined) {
      connection.ownership.isReportedByDriver = hasDriverTelemetry(this.#client);
    }
    this.#describe();
    if (this.result !== undefined) connection?.configured(this.result);
  }

  #describe(): void {
    const [options, authProvider] = this.#given;
    const version =
      this.#driverVersion ??
      versionFromUserAgent(this.#client.connectionProvider?.options?.headers?.['User-Agent']);
    this.#shared.report.sawVersion(version);
    this.result = configuration(this.#client, options ?? {}, Boolean(authProvider), version);
  }

  /** The owner of the connection gets its whole configuration; a reader of traces does not need the switches. */
  override end(): void {
    const { result } = this;
    if (result !== undefined && this.operation?.connection.ownership?.hasOpenOwner === true) {
      this.published = result;
      this.result = withoutSwitches(result);
    }
    super.end();
  }
}

function withoutSwitches(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !SWITCHES.has(name)));
}

function beginOpenSession(
  shared: SharedState,
  client: Client,
  facts: SessionFacts,
  args: readonly unknown[],
): OpenSessionCall {
  const { telemetry } = shared;
  const { connection, namespace, metric, identity } = facts;
  const attributes = {
    ...metric,
    ...identity,
    ...factsForGateway(shared, connection),
    [ATTR_DATABRICKS_OPERATION]: OPERATION_OPEN_SESSION,
    [ATTR_DATABRICKS_DRIVER_TELEMETRY_ENABLED]: hasDriverTelemetry(client),
  };
  const operation = telemetry.begin(
    connection,
    `openSession ${namespace ?? connection.host}`.trimEnd(),
    SpanKind.CLIENT,
    attributes,
    { hasSpan: telemetry.config.connectionSpans },
  );
  const driverArgs = connection.isKernel
    ? replacedSessionArgs(shared, facts, operation.span, args)
    : undefined;
  return new OpenSessionCall(shared, operation, facts, driverArgs);
}

/** `openSession`. On Thrift its request has the query tags. */
export class OpenSessionCall extends DriverCall {
  readonly #shared: SharedState;
  readonly #facts: SessionFacts;
  readonly #openedAt: string | undefined;

  constructor(
    shared: SharedState,
    operation: StartedOperation,
    facts: SessionFacts,
    args: readonly unknown[] | undefined,
  ) {
    super(shared.telemetry, operation, undefined, args);
    this.#shared = shared;
    this.#facts = facts;
    this.#openedAt = shared.openResources.callSite();
  }

  /** What its query tags are made of. */
  get session(): SessionFacts {
    return this.#facts;
  }

  override isRefused(error: unknown): boolean {
    if (this.#shared.queryTags?.resends !== true || !isTagRefusal(error)) return false;
    this.#shared.refusedTags(this.#facts.connection);
    this.#facts.tags = { ...this.#facts.tags, added: new Set(), completeFor: undefined };
    return true;
  }

  override succeeded(session: Session): void {
    this.#shared.discovery?.fromSession(session);
    this.#facts.opened(session);
    this.#shared.access.authenticated(this.#facts.connection);
    this.#shared.sessions.set(session, this.#facts);
    this.#facts.usage.opened(clock.monotonicMs());
    this.#shared.openResources.addSession(this.#facts, this.#openedAt);
    this.identity = this.#facts.identity;
  }
}

/** The kernel takes the session's query tags only with the options. */
function replacedSessionArgs(
  shared: SharedState,
  facts: SessionFacts,
  span: Span | undefined,
  args: readonly unknown[],
): readonly unknown[] | undefined {
  const queryTags = shared.queryTagsFor(facts.connection);
  const [request = {}] = args;
  if (queryTags === undefined || typeof request !== 'object' || request === null) return undefined;
  const tagged = taggedSessionOptions(request, (own) => {
    const tags = queryTags.ofSession(span, own);
    facts.tags = queryTags.sessionTags(tags, own);
    return tags;
  });
  return tagged && [tagged, ...args.slice(1)];
}

/** Has no span: closing a client means closing its sessions, which have their own. */
class CloseClientCall extends DriverCall {
  readonly #shared: SharedState;
  readonly #connection: Connection;
  /** Read before the driver's `close` drops them. */
  readonly #providers;

  constructor(shared: SharedState, client: Client, connection: Connection) {
    super(shared.telemetry, undefined, undefined);
    this.#shared = shared;
    this.#connection = connection;
    this.#providers = shared.access.providers(client);
  }

  override get needsContext(): boolean {
    return false;
  }

  override succeeded(): void {
    this.#shared.openOperations.abandon(this.#connection);
    this.#shared.access.closed(this.#connection.id, this.#providers);
  }

  /** The application does not use the client any more either way. */
  override failed(): void {
    this.succeeded();
  }
}

/** The connection of a client; for one that connected before it was patched, as far as its objects describe it. */
export function connectionOf(shared: SharedState, client: Client): Connection {
  const known = shared.connections.get(client);
  if (known !== undefined) return known;
  const connection = new Connection(optionsOfConnected(client));
  shared.connected(client, connection);
  if (connection.ownership !== undefined) {
    connection.ownership.isReportedByDriver = hasDriverTelemetry(client);
  }
  shared.discovery?.fromConnected(client);
  return connection;
}
