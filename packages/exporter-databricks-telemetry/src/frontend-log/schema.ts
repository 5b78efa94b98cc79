/**
 * The telemetry messages of the Databricks SQL drivers: field names, types and closed enums.
 *
 * Facts taken from the `sql_driver_telemetry.proto` of the C# driver for Databricks, the most complete public
 * declaration. Only what a driver on Node.js can know is typed; a test holds every name and value against the
 * declaration. `int64` fields are milliseconds or counts unless their name or comment says otherwise.
 */

export const DRIVER_MODES = ['TYPE_UNSPECIFIED', 'THRIFT', 'SEA'] as const;
export type DriverMode = (typeof DRIVER_MODES)[number];

export const STATEMENT_TYPES = [
  'TYPE_UNSPECIFIED',
  'QUERY',
  'SQL',
  'UPDATE',
  'METADATA',
  'VOLUME',
] as const;
export type StatementType = (typeof STATEMENT_TYPES)[number];

export const OPERATION_TYPES = [
  'TYPE_UNSPECIFIED',
  'CREATE_SESSION',
  'DELETE_SESSION',
  'EXECUTE_STATEMENT',
  'EXECUTE_STATEMENT_ASYNC',
  'CLOSE_STATEMENT',
  'CANCEL_STATEMENT',
  'LIST_TYPE_INFO',
  'LIST_CATALOGS',
  'LIST_SCHEMAS',
  'LIST_TABLES',
  'LIST_TABLE_TYPES',
  'LIST_COLUMNS',
  'LIST_FUNCTIONS',
  'LIST_PRIMARY_KEYS',
  'LIST_IMPORTED_KEYS',
  'LIST_EXPORTED_KEYS',
  'LIST_CROSS_REFERENCES',
] as const;
export type OperationType = (typeof OPERATION_TYPES)[number];

export const EXECUTION_RESULT_FORMATS = [
  'FORMAT_UNSPECIFIED',
  'INLINE_ARROW',
  'INLINE_JSON',
  'EXTERNAL_LINKS',
  'COLUMNAR_INLINE',
] as const;
export type ExecutionResultFormat = (typeof EXECUTION_RESULT_FORMATS)[number];

export const VOLUME_OPERATION_TYPES = [
  'TYPE_UNSPECIFIED',
  'PUT',
  'GET',
  'DELETE',
  'LIST',
  'QUERY',
] as const;
export type VolumeOperationType = (typeof VOLUME_OPERATION_TYPES)[number];

export const AUTH_MECHS = ['TYPE_UNSPECIFIED', 'OTHER', 'PAT', 'OAUTH'] as const;
export type AuthMech = (typeof AUTH_MECHS)[number];

export const AUTH_FLOWS = [
  'TYPE_UNSPECIFIED',
  'TOKEN_PASSTHROUGH',
  'CLIENT_CREDENTIALS',
  'BROWSER_BASED_AUTHENTICATION',
] as const;
export type AuthFlow = (typeof AUTH_FLOWS)[number];

export interface SystemConfiguration {
  driver_version?: string;
  runtime_name?: string;
  runtime_version?: string;
  runtime_vendor?: string;
  os_name?: string;
  os_version?: string;
  os_arch?: string;
  driver_name?: string;
  client_app_name?: string;
  /** `language_COUNTRY`. */
  locale_name?: string;
  char_set_encoding?: string;
  /** Base name, without arguments. */
  process_name?: string;
}

export interface HostDetails {
  /** The bare host name. */
  host_url?: string;
  port?: number;
}

/** Of its 46 fields those that the driver's configuration on Node.js has. */
export interface DriverConnectionParameters {
  /** Without its query. */
  http_path?: string;
  mode?: DriverMode;
  host_info?: HostDetails;
  use_proxy?: boolean;
  auth_mech?: AuthMech;
  auth_flow?: AuthFlow;
  enable_arrow?: boolean;
  enable_direct_results?: boolean;
  /** Seconds. */
  socket_timeout?: number;
  auto_commit?: boolean;
  enable_metric_view_metadata?: boolean;
}

export interface ChunkDetails {
  /** Of the chunk with index 0. */
  initial_chunk_latency_millis?: number;
  slowest_chunk_latency_millis?: number;
  total_chunks_present?: number;
  total_chunks_iterated?: number;
  sum_chunks_download_time_millis?: number;
}

export interface ResultLatency {
  result_set_ready_latency_millis?: number;
  result_set_consumption_latency_millis?: number;
}

export interface OperationDetail {
  n_operation_status_calls?: number;
  operation_status_latency_millis?: number;
  operation_type?: OperationType;
  is_internal_call?: boolean;
}

export interface SqlExecutionEvent {
  statement_type?: StatementType;
  is_compressed?: boolean;
  execution_result?: ExecutionResultFormat;
  /** Index of the chunk that failed. */
  chunk_id?: number;
  retry_count?: number;
  chunk_details?: ChunkDetails;
  result_latency?: ResultLatency;
  operation_detail?: OperationDetail;
}

/** Its `volume_path` and `local_file` are never filled: they name the user's files. */
export interface VolumeOperationEvent {
  volume_operation_type?: VolumeOperationType;
}

export interface DriverErrorInfo {
  error_name?: string;
  /** Frames only, never the message. Empty in unauthenticated mode. */
  stack_trace?: string;
}

export interface SqlDriverLog {
  session_id?: string;
  sql_statement_id?: string;
  system_configuration?: SystemConfiguration;
  driver_connection_params?: DriverConnectionParameters;
  auth_type?: string;
  vol_operation?: VolumeOperationEvent;
  sql_operation?: SqlExecutionEvent;
  error_info?: DriverErrorInfo;
  operation_latency_ms?: number;
}

export interface ClientContext {
  /** Epoch milliseconds. */
  timestamp_millis?: number;
  user_agent?: string;
}

/** One entry of `protoLogs`, before it is encoded. */
export interface TelemetryFrontendLog {
  workspace_id?: number;
  frontend_log_event_id: string;
  context: { client_context: ClientContext };
  entry: { sql_driver_log: SqlDriverLog };
}

/** What a log contains that is sent without authentication. */
export interface AnonymousFrontendLog {
  frontend_log_event_id: string;
  context: { client_context: ClientContext };
  entry: {
    sql_driver_log: {
      sql_operation: {
        operation_detail: Pick<OperationDetail, 'is_internal_call' | 'operation_type'>;
      };
      error_info: DriverErrorInfo;
    };
  };
}

/** Body of `POST /telemetry-ext` and `/telemetry-unauth`. The service answers 500 when `items` is not an empty array. */
export interface TelemetryRequestBody {
  /** Epoch milliseconds. */
  uploadTime: number;
  items: [];
  /** JSON texts of {@link TelemetryFrontendLog}. */
  protoLogs: string[];
}
