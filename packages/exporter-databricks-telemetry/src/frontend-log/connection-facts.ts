import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_CLIENT_BACKEND,
  ATTR_DATABRICKS_CONNECTION_ARROW_ENABLED,
  ATTR_DATABRICKS_CONNECTION_AUTH_TYPE,
  ATTR_DATABRICKS_CONNECTION_DIRECT_RESULTS_ENABLED,
  ATTR_DATABRICKS_CONNECTION_HTTP_PATH,
  ATTR_DATABRICKS_CONNECTION_METRIC_VIEW_METADATA,
  ATTR_DATABRICKS_CONNECTION_SOCKET_TIMEOUT,
  ATTR_DATABRICKS_CONNECTION_USE_PROXY,
  ATTR_DATABRICKS_CONNECTION_USER_AGENT_ENTRY,
  ATTR_DATABRICKS_DRIVER_VERSION,
  ATTR_DATABRICKS_WORKSPACE_ID,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { count, flag, text } from '../attribute-values';
import { redact } from './redact';
import type {
  AuthFlow,
  AuthMech,
  DriverConnectionParameters,
  DriverMode,
  SystemConfiguration,
} from './schema';
import { systemConfiguration } from './system-configuration';
import { sanitizeEntry } from './user-agent';

const MAX_HTTP_PATH_LENGTH = 512;
const VERSION = /^\d[\w.+-]{0,63}$/;
/** An int64 that JSON can carry as digits. */
const WORKSPACE_ID = /^[1-9]\d{0,17}$/;

const MODES: Readonly<Record<string, DriverMode>> = { thrift: 'THRIFT', kernel: 'SEA' };

interface Auth {
  /** The word that the drivers report. */
  readonly type: string;
  readonly mech: AuthMech;
  readonly flow?: AuthFlow;
}

const AUTH: Readonly<Record<string, Auth>> = {
  'access-token': { type: 'pat', mech: 'PAT', flow: 'TOKEN_PASSTHROUGH' },
  'oauth-m2m': { type: 'oauth-m2m', mech: 'OAUTH', flow: 'CLIENT_CREDENTIALS' },
  'oauth-u2m': { type: 'external-browser', mech: 'OAUTH', flow: 'BROWSER_BASED_AUTHENTICATION' },
  'token-provider': { type: 'token-provider', mech: 'OAUTH', flow: 'TOKEN_PASSTHROUGH' },
  'external-token': { type: 'external-token', mech: 'OAUTH', flow: 'TOKEN_PASSTHROUGH' },
  'static-token': { type: 'static-token', mech: 'OAUTH', flow: 'TOKEN_PASSTHROUGH' },
  'databricks-oauth': { type: 'unknown', mech: 'OAUTH' },
  custom: { type: 'custom', mech: 'OTHER' },
};

/** Facts of a connection and its process, the same in each of its records. */
export interface ConnectionFacts {
  /** Digits. */
  readonly workspaceId: string | undefined;
  readonly driverVersion: string | undefined;
  readonly systemConfiguration: SystemConfiguration;
  readonly connectionParameters: DriverConnectionParameters;
  readonly authType: string | undefined;
}

export function driverVersion(connection: Attributes | undefined): string | undefined {
  const version = text(connection?.[ATTR_DATABRICKS_DRIVER_VERSION]);
  return version !== undefined && VERSION.test(version) ? version : undefined;
}

/** The application's own part of the driver's user agent, as it gave it. */
export function userAgentEntry(connection: Attributes): string | undefined {
  return text(connection[ATTR_DATABRICKS_CONNECTION_USER_AGENT_ENTRY]);
}

/**
 * @param connection attributes of the `connect` span, or of any span of the connection when that was not seen.
 * @param resource resource attributes of the process that holds the connection, when it is not this one
 */
export function connectionFacts(
  connection: Attributes,
  host: { readonly hostname: string; readonly port: number } | undefined,
  resource?: Attributes,
): ConnectionFacts {
  const version = driverVersion(connection);
  const entry = userAgentEntry(connection);
  const workspaceId = text(connection[ATTR_DATABRICKS_WORKSPACE_ID]);
  const auth = lookUp(AUTH, text(connection[ATTR_DATABRICKS_CONNECTION_AUTH_TYPE]));
  const socketTimeoutMs = count(connection[ATTR_DATABRICKS_CONNECTION_SOCKET_TIMEOUT]);
  return {
    workspaceId:
      workspaceId !== undefined && WORKSPACE_ID.test(workspaceId) ? workspaceId : undefined,
    driverVersion: version,
    authType: auth?.type,
    systemConfiguration: {
      ...systemConfiguration(resource),
      driver_version: version,
      client_app_name: entry === undefined ? undefined : sanitizeEntry(entry),
    },
    connectionParameters: {
      http_path: httpPath(text(connection[ATTR_DATABRICKS_CONNECTION_HTTP_PATH])),
      mode: lookUp(MODES, text(connection[ATTR_DATABRICKS_CLIENT_BACKEND])),
      host_info: host === undefined ? undefined : { host_url: host.hostname, port: host.port },
      use_proxy: flag(connection[ATTR_DATABRICKS_CONNECTION_USE_PROXY]),
      auth_mech: auth?.mech,
      auth_flow: auth?.flow,
      enable_arrow: flag(connection[ATTR_DATABRICKS_CONNECTION_ARROW_ENABLED]),
      enable_direct_results: flag(connection[ATTR_DATABRICKS_CONNECTION_DIRECT_RESULTS_ENABLED]),
      socket_timeout:
        socketTimeoutMs === undefined ? undefined : Math.round(socketTimeoutMs / 1_000),
      // The driver has no transactions.
      auto_commit: true,
      enable_metric_view_metadata: flag(
        connection[ATTR_DATABRICKS_CONNECTION_METRIC_VIEW_METADATA],
      ),
    },
  };
}

/** The query of the path is cut off: beside the workspace's number it may carry anything. */
function httpPath(path: string | undefined): string | undefined {
  return path === undefined
    ? undefined
    : redact(path.split(/[?#]/, 1)[0] ?? '', MAX_HTTP_PATH_LENGTH) || undefined;
}

/** A plain index would find `constructor`. */
function lookUp<T>(table: Readonly<Record<string, T>>, key: string | undefined): T | undefined {
  return key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}
