import { randomUUID } from 'node:crypto';
import type { Attributes } from '@opentelemetry/api';
import {
  serverOf,
  shownAuthType,
  shownPath,
  shownUserAgentEntry,
  workspaceIdOf,
} from './disclosure';
import type { Ownership } from './ownership';
import { queryHistoryUrl } from './query-history';
import { NO_SESSION_TAGS } from '../query-tags/query-tags';
import type { SessionTags } from '../query-tags/query-tags';
import type { Client, ConnectionOptions, OpenSessionRequest, Session } from '../driver/shapes';
import {
  ATTR_DATABRICKS_CLIENT_BACKEND,
  ATTR_DATABRICKS_CONNECTION_ARROW_ENABLED,
  ATTR_DATABRICKS_CONNECTION_AUTH_TYPE,
  ATTR_DATABRICKS_CONNECTION_CLOUDFETCH_ENABLED,
  ATTR_DATABRICKS_CONNECTION_DIRECT_RESULTS_ENABLED,
  ATTR_DATABRICKS_CONNECTION_HTTP_PATH,
  ATTR_DATABRICKS_CONNECTION_ID,
  ATTR_DATABRICKS_CONNECTION_LZ4_ENABLED,
  ATTR_DATABRICKS_CONNECTION_METRIC_VIEW_METADATA,
  ATTR_DATABRICKS_CONNECTION_SOCKET_TIMEOUT,
  ATTR_DATABRICKS_CONNECTION_USE_PROXY,
  ATTR_DATABRICKS_CONNECTION_USER_AGENT_ENTRY,
  ATTR_DATABRICKS_DRIVER_VERSION,
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_SESSION_ID,
  ATTR_DATABRICKS_WAREHOUSE_ID,
  ATTR_DATABRICKS_WORKSPACE_ID,
  ATTR_DB_NAMESPACE,
  ATTR_DB_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  DB_SYSTEM_NAME_VALUE_DATABRICKS,
  OPERATION_CANCEL_STATEMENT,
  OPERATION_CLOSE_STATEMENT,
} from '../semconv';
import { SessionUsage } from './session-usage';

export const DEFAULT_PORT = 443;
const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/** The facts of one `DBSQLClient.connect`. Holds nothing of the driver and no secret. */
export class Connection {
  /** `databricks.connection.id`. */
  readonly id = randomUUID();
  readonly host: string;
  readonly port: number;
  readonly workspaceId: string | undefined;
  /** `undefined` for a cluster. */
  readonly warehouseId: string | undefined;
  readonly isKernel: boolean;
  /** The application passed `telemetryEnabled: false`. */
  readonly isOptedOut: boolean;
  /** The workspace has refused a session or a statement because of its query tags. */
  refusesQueryTags = false;
  /** Who reports its telemetry. */
  ownership: Ownership | undefined = undefined;
  /** On every span of this connection. */
  readonly identity: Attributes;
  /** `db.system.name` and the server, on spans of database calls and on metrics. */
  readonly server: Attributes;
  /** For metrics: the server and the warehouse. */
  readonly metric: Attributes;
  /** What telemetry reports of the connection; complete once `connect` has settled. */
  attributes: Attributes;

  constructor(options: ConnectionOptions) {
    // The kernel takes a scheme and a port with the host, and no other port.
    const { host, port } = serverOf(options.host);
    this.host = host;
    this.port = port ?? portOf(options.port);
    const { path } = options;
    this.workspaceId = workspaceIdOf(path);
    this.isKernel = options.useKernel === true;
    this.isOptedOut = options.telemetryEnabled === false;
    this.identity = {
      [ATTR_DATABRICKS_CONNECTION_ID]: this.id,
      [ATTR_DATABRICKS_CLIENT_BACKEND]: this.isKernel ? 'kernel' : 'thrift',
    };
    this.warehouseId = /\/warehouses\/([^/?]+)/.exec(shownPath(path) ?? '')?.[1];
    if (this.warehouseId !== undefined) {
      this.identity[ATTR_DATABRICKS_WAREHOUSE_ID] = this.warehouseId;
    }
    if (this.workspaceId !== undefined) {
      this.identity[ATTR_DATABRICKS_WORKSPACE_ID] = this.workspaceId;
    }
    this.server = { [ATTR_DB_SYSTEM_NAME]: DB_SYSTEM_NAME_VALUE_DATABRICKS };
    if (this.host !== '') this.server[ATTR_SERVER_ADDRESS] = this.host;
    if (this.port !== DEFAULT_PORT) this.server[ATTR_SERVER_PORT] = this.port;
    this.metric =
      this.warehouseId === undefined
        ? this.server
        : { ...this.server, [ATTR_DATABRICKS_WAREHOUSE_ID]: this.warehouseId };
    this.attributes = { ...this.server, ...this.identity };
  }

  /** The page with the query profile of a statement; `undefined` where the workspace has none, or none is known. */
  statementUrl(statementId: string | undefined): string | undefined {
    return this.warehouseId === undefined || statementId === undefined
      ? undefined
      : queryHistoryUrl(this.host, statementId, this.workspaceId);
  }

  /** `connect` has settled. */
  configured(attributes: Attributes): void {
    this.attributes = { ...this.server, ...this.identity, ...attributes };
  }
}

/** The driver's configuration, for the `connect` span: read after `connect` took the options over. */
export function configuration(
  client: Client,
  options: ConnectionOptions,
  hasAuthProvider: boolean,
  driverVersion: string | undefined,
): Attributes {
  const config = client.getConfig?.() ?? {};
  const attributes: Attributes = {
    [ATTR_DATABRICKS_CONNECTION_USE_PROXY]: Boolean(options.proxy),
    [ATTR_DATABRICKS_CONNECTION_DIRECT_RESULTS_ENABLED]:
      config.directResultsDefaultMaxRows !== null,
    [ATTR_DATABRICKS_CONNECTION_METRIC_VIEW_METADATA]: config.enableMetricViewMetadata === true,
  };
  const set = (name: string, value: string | number | boolean | undefined): void => {
    if (value !== undefined) attributes[name] = value;
  };
  set(ATTR_DATABRICKS_CONNECTION_AUTH_TYPE, hasAuthProvider ? 'custom' : authType(options));
  set(ATTR_DATABRICKS_DRIVER_VERSION, driverVersion);
  set(ATTR_DATABRICKS_CONNECTION_HTTP_PATH, shownPath(options.path));
  set(ATTR_DATABRICKS_CONNECTION_SOCKET_TIMEOUT, options.socketTimeout ?? config.socketTimeout);
  set(ATTR_DATABRICKS_CONNECTION_CLOUDFETCH_ENABLED, config.useCloudFetch);
  set(ATTR_DATABRICKS_CONNECTION_LZ4_ENABLED, config.useLZ4Compression);
  set(ATTR_DATABRICKS_CONNECTION_ARROW_ENABLED, config.arrowEnabled);
  set(
    ATTR_DATABRICKS_CONNECTION_USER_AGENT_ENTRY,
    shownUserAgentEntry(options.userAgentEntry ?? options.clientId),
  );
  return attributes;
}

/** JavaScript may pass a port as a string. */
function portOf(given: unknown): number {
  const port = Number(given);
  return Number.isInteger(port) && port > 0 ? port : DEFAULT_PORT;
}

/** The facts of one session. */
export class SessionFacts {
  readonly usage = new SessionUsage();
  /** `catalog|schema` as given at `openSession`, missing parts left out. */
  readonly namespace: string | undefined;
  /** For a database call's span, at its creation. */
  readonly creation: Attributes;
  /** For metrics: no ids. */
  readonly metric: Attributes;
  /** For the spans that end a statement, at their creation; made once, since they are the same for all. */
  readonly closing: Readonly<Record<'CLOSED' | 'CANCELED', Attributes>>;
  /** On every span of this session, once its id is known. */
  identity: Attributes;
  tags: SessionTags = NO_SESSION_TAGS;

  constructor(
    readonly connection: Connection,
    request: OpenSessionRequest,
  ) {
    const parts = [request.initialCatalog, request.initialSchema].filter(
      (part) => typeof part === 'string' && part !== '',
    );
    this.namespace = parts.length === 0 ? undefined : parts.join('|');
    this.identity = connection.identity;
    const namespace = this.namespace === undefined ? {} : { [ATTR_DB_NAMESPACE]: this.namespace };
    this.metric = { ...connection.metric, ...namespace };
    this.creation = {
      ...connection.server,
      ...namespace,
      [ATTR_DATABRICKS_CONNECTION_ID]: connection.id,
    };
    this.closing = {
      CLOSED: { ...this.creation, [ATTR_DATABRICKS_OPERATION]: OPERATION_CLOSE_STATEMENT },
      CANCELED: { ...this.creation, [ATTR_DATABRICKS_OPERATION]: OPERATION_CANCEL_STATEMENT },
    };
  }

  opened(session: Session): void {
    const id = knownId(session.id ?? session.getId?.());
    if (id !== undefined) {
      this.identity = { ...this.connection.identity, [ATTR_DATABRICKS_SESSION_ID]: id };
    }
  }
}

/** Connection options of a client that was connected before we were there, as far as its provider still says. */
export function optionsOfConnected(client: Client): ConnectionOptions {
  const provider = client.connectionProvider?.options ?? {};
  return {
    ...provider,
    useKernel: client.backend?.nativeOptions !== undefined,
    ...(client.getConfig?.().telemetryEnabled === false ? { telemetryEnabled: false } : {}),
  };
}

/** Whether the driver reports this connection's telemetry itself. */
export function hasDriverTelemetry(client: Client): boolean {
  return (
    Boolean(client.getTelemetryEmitter?.()) ||
    client.backend?.nativeOptions?.telemetryEnabled === true
  );
}

/** The driver's version out of its own `User-Agent`, for drivers that were not hooked while loading. */
export function versionFromUserAgent(userAgent: string | undefined): string | undefined {
  return /^NodejsDatabricksSqlConnector\/(\d+\.\d+\.\d+\S*)/.exec(userAgent ?? '')?.[1];
}

/** An id worth recording: the driver gives the nil UUID where it has none. */
export function knownId(id: unknown): string | undefined {
  return typeof id === 'string' && id !== '' && id !== NIL_UUID ? id : undefined;
}

function authType(options: ConnectionOptions): string | undefined {
  if (options.authType !== 'databricks-oauth') {
    return shownAuthType(options.authType ?? 'access-token');
  }
  return options.oauthClientSecret === undefined ? 'oauth-u2m' : 'oauth-m2m';
}
