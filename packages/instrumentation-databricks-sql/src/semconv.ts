/**
 * Every span, attribute and metric name that this project emits or reads.
 *
 * The `db.*`, `server.*`, `error.*` and `exception.*` names are those of the OpenTelemetry semantic conventions 1.45
 * (https://opentelemetry.io/docs/specs/semconv/database/). They are copied here because loading
 * `@opentelemetry/semantic-conventions` costs 11 ms for a dozen strings; a test holds the copies against the package.
 * The `databricks.*` names are vendor attributes of this project.
 */

export type { ConnectionAccess } from './access';
export { SCHEMA_URL, SCOPE_NAME } from './scope';
export { CHANNEL_DATABRICKS_TELEMETRY, SYMBOL_DATABRICKS_PUBLISHED } from './telemetry-channel';
export type {
  ConnectionMessage,
  OperationFacts,
  OperationMessage,
  PublishedOperation,
  TelemetryConnection,
  TelemetryMessage,
  TelemetryOwner,
} from './telemetry-channel';

/** Value of `db.system.name`: no well-known value stands for Databricks. */
export const DB_SYSTEM_NAME_VALUE_DATABRICKS = 'databricks';

/** Always `databricks`. */
export const ATTR_DB_SYSTEM_NAME = 'db.system.name';
/** `catalog|schema`, as given to `openSession` or the metadata call; missing parts are left out. */
export const ATTR_DB_NAMESPACE = 'db.namespace';
/** The metadata method, such as `getTables`. Never parsed from SQL. */
export const ATTR_DB_OPERATION_NAME = 'db.operation.name';
/** The table in the request of a metadata method. Never parsed from SQL. */
export const ATTR_DB_COLLECTION_NAME = 'db.collection.name';
/** Operations and targets in order, such as `SELECT orders customers`; at most 255 characters. On metrics, the first 500 of a process, then `_OTHER`. */
export const ATTR_DB_QUERY_SUMMARY = 'db.query.summary';
/** The procedure of a `CALL`. */
export const ATTR_DB_STORED_PROCEDURE_NAME = 'db.stored_procedure.name';
/** The SQL with every literal masked; as it was written with `queryText: full`. */
export const ATTR_DB_QUERY_TEXT = 'db.query.text';
/** The old name of `db.system.name`, with `OTEL_SEMCONV_STABILITY_OPT_IN=database/dup`. */
export const ATTR_DB_SYSTEM = 'db.system';
/** The old name of `db.namespace`, with `OTEL_SEMCONV_STABILITY_OPT_IN=database/dup`. */
export const ATTR_DB_NAME = 'db.name';
/** The old name of `db.query.text`, with `OTEL_SEMCONV_STABILITY_OPT_IN=database/dup`. */
export const ATTR_DB_STATEMENT = 'db.statement';
/** The metadata method, else the first word of `db.query.summary`, with `OTEL_SEMCONV_STABILITY_OPT_IN=database/dup`. */
export const ATTR_DB_OPERATION = 'db.operation';
/** SQLSTATE of the failure. */
export const ATTR_DB_RESPONSE_STATUS_CODE = 'db.response.status_code';
/** Prefix, Development, opt-in: followed by the parameter's name or zero-based position. */
export const ATTR_DB_QUERY_PARAMETER = 'db.query.parameter';
/** Host as given to `connect()`. */
export const ATTR_SERVER_ADDRESS = 'server.address';
/** Port, when it is not 443. */
export const ATTR_SERVER_PORT = 'server.port';
/** SQLSTATE, else the HTTP status, else the driver's `errorCode`, else the class of the error, else `_OTHER`. */
export const ATTR_ERROR_TYPE = 'error.type';
/** Of the last answer to a CloudFetch download. */
export const ATTR_HTTP_RESPONSE_STATUS_CODE = 'http.response.status_code';
/** Class of the error, on the `exception` event. */
export const ATTR_EXCEPTION_TYPE = 'exception.type';
/** Condition, SQLSTATE and class; the full message with `enhancedDatabaseReporting`. */
export const ATTR_EXCEPTION_MESSAGE = 'exception.message';
/** The frames, without the lines of the message. */
export const ATTR_EXCEPTION_STACKTRACE = 'exception.stacktrace';

/** Which driver call a span is, one of {@link Operation}; processors match on this, never on the span's name. */
export const ATTR_DATABRICKS_OPERATION = 'databricks.operation';
/** Random UUID of one `DBSQLClient.connect`. */
export const ATTR_DATABRICKS_CONNECTION_ID = 'databricks.connection.id';
/** UUID of the session. */
export const ATTR_DATABRICKS_SESSION_ID = 'databricks.session.id';
/** Seconds from the opening of the session to its close. */
export const ATTR_DATABRICKS_SESSION_DURATION = 'databricks.session.duration';
/** Statements and metadata calls of the session. */
export const ATTR_DATABRICKS_SESSION_STATEMENT_COUNT = 'databricks.session.statement_count';
/** Seconds in which the session had no statement between its submit and its close. */
export const ATTR_DATABRICKS_SESSION_IDLE_DURATION = 'databricks.session.idle_duration';
/** UUID of the statement, as `system.query.history` has it. */
export const ATTR_DATABRICKS_STATEMENT_ID = 'databricks.statement.id';
/** The SQL warehouse, from the http path. */
export const ATTR_DATABRICKS_WAREHOUSE_ID = 'databricks.warehouse.id';
/** The workspace, when the http path names it. */
export const ATTR_DATABRICKS_WORKSPACE_ID = 'databricks.workspace.id';
/** `thrift` or `kernel`. */
export const ATTR_DATABRICKS_CLIENT_BACKEND = 'databricks.client.backend';

/** Version of `@databricks/sql`. */
export const ATTR_DATABRICKS_DRIVER_VERSION = 'databricks.driver.version';
/** Boolean: the driver's own telemetry is live on this connection. */
export const ATTR_DATABRICKS_DRIVER_TELEMETRY_ENABLED = 'databricks.driver.telemetry_enabled';
/** As given to `connect()`. */
export const ATTR_DATABRICKS_CONNECTION_HTTP_PATH = 'databricks.connection.http_path';
/** The driver's `authType`: `access-token`, `databricks-oauth`, `custom`, `token-provider`, …; refined for OAuth to `oauth-m2m` or `oauth-u2m`. */
export const ATTR_DATABRICKS_CONNECTION_AUTH_TYPE = 'databricks.connection.auth_type';
/** A proxy was given to `connect()`. */
export const ATTR_DATABRICKS_CONNECTION_USE_PROXY = 'databricks.connection.use_proxy';
/** Milliseconds, as in the driver's `socketTimeout`. */
export const ATTR_DATABRICKS_CONNECTION_SOCKET_TIMEOUT = 'databricks.connection.socket_timeout';
/** `useCloudFetch` of the driver. */
export const ATTR_DATABRICKS_CONNECTION_CLOUDFETCH_ENABLED =
  'databricks.connection.cloudfetch_enabled';
/** `useLZ4Compression` of the driver. */
export const ATTR_DATABRICKS_CONNECTION_LZ4_ENABLED = 'databricks.connection.lz4_enabled';
/** `arrowEnabled` of the driver. */
export const ATTR_DATABRICKS_CONNECTION_ARROW_ENABLED = 'databricks.connection.arrow_enabled';
/** The driver requests results with the response to the submit. */
export const ATTR_DATABRICKS_CONNECTION_DIRECT_RESULTS_ENABLED =
  'databricks.connection.direct_results_enabled';
/** `enableMetricViewMetadata` of the driver. */
export const ATTR_DATABRICKS_CONNECTION_METRIC_VIEW_METADATA =
  'databricks.connection.metric_view_metadata';
/** `userAgentEntry` of the driver, unless it looks like a token. */
export const ATTR_DATABRICKS_CONNECTION_USER_AGENT_ENTRY = 'databricks.connection.user_agent_entry';
/** Boolean, with `driverTelemetry: 'gateway'`: the application passed `telemetryEnabled: false`, so that no gateway may report the connection. */
export const ATTR_DATABRICKS_CONNECTION_OPTED_OUT = 'databricks.connection.opted_out';

/** One of {@link StatementState}; on the events of a change of state also `PENDING` and `RUNNING`. */
export const ATTR_DATABRICKS_STATEMENT_STATE = 'databricks.statement.state';
/** The page of the workspace that shows the query profile; absent for clusters and loopback hosts. */
export const ATTR_DATABRICKS_STATEMENT_URL = 'databricks.statement.url';
/** Seconds from the submit to the first terminal state, on log events. */
export const ATTR_DATABRICKS_STATEMENT_DURATION = 'databricks.statement.duration';
/** How often the driver polled the state. */
export const ATTR_DATABRICKS_STATEMENT_POLL_COUNT = 'databricks.statement.poll_count';
/** Seconds, summed over the polls. */
export const ATTR_DATABRICKS_STATEMENT_POLL_DURATION = 'databricks.statement.poll_duration';
/** Rows that a DML statement inserted, updated or deleted. */
export const ATTR_DATABRICKS_STATEMENT_MODIFIED_ROW_COUNT =
  'databricks.statement.modified_row_count';
/** Seconds until the server accepted the statement; unknown on the kernel. */
export const ATTR_DATABRICKS_STATEMENT_SUBMIT_DURATION = 'databricks.statement.submit_duration';
/** Seconds the statement waited for the warehouse, in its queue or for its start. Absent when no poll saw it pending. */
export const ATTR_DATABRICKS_STATEMENT_PENDING_DURATION = 'databricks.statement.pending_duration';
/** Seconds the warehouse ran the statement. Absent when no poll saw it running. */
export const ATTR_DATABRICKS_STATEMENT_RUNNING_DURATION = 'databricks.statement.running_duration';
/** The response to the submit included the result. */
export const ATTR_DATABRICKS_STATEMENT_DIRECT_RESULTS = 'databricks.statement.direct_results';
/** The error condition of Databricks, such as `TABLE_OR_VIEW_NOT_FOUND`. */
export const ATTR_DATABRICKS_ERROR_CONDITION = 'databricks.error.condition';
/** Why the call failed, one of {@link ErrorReason}; also on metrics. Absent when none of them is known to be the reason. */
export const ATTR_DATABRICKS_ERROR_REASON = 'databricks.error.reason';
/** Whether the same call may succeed later: decided by the kernel, the HTTP status, or the error code. Absent when none of them decides it. */
export const ATTR_DATABRICKS_ERROR_RETRYABLE = 'databricks.error.retryable';

/** `inline_arrow`, `inline_columnar` or `cloudfetch`; unknown on the kernel. */
export const ATTR_DATABRICKS_RESULT_FORMAT = 'databricks.result.format';
/** Rows that the application fetched. */
export const ATTR_DATABRICKS_RESULT_ROW_COUNT = 'databricks.result.row_count';
/** Chunks of which the application fetched rows. */
export const ATTR_DATABRICKS_RESULT_CHUNK_COUNT = 'databricks.result.chunk_count';
/** Links or pages that the warehouse offered. */
export const ATTR_DATABRICKS_RESULT_CHUNKS_PRESENT = 'databricks.result.chunks_present';
/** Arrow batches that the native kernel returned; it does not report the files or pages behind them. */
export const ATTR_DATABRICKS_RESULT_BATCH_COUNT = 'databricks.result.batch_count';
/** Bytes of those batches, uncompressed. */
export const ATTR_DATABRICKS_RESULT_BATCH_SIZE = 'databricks.result.batch_size';
/** Seconds the driver waited for those batches. */
export const ATTR_DATABRICKS_RESULT_BATCH_DURATION = 'databricks.result.batch_duration';
/** Bytes of the whole result before compression, as the server states them. */
export const ATTR_DATABRICKS_RESULT_UNCOMPRESSED_SIZE = 'databricks.result.uncompressed_size';
/** Whether the result came from a cache of the warehouse, one of {@link CacheLookup}. */
export const ATTR_DATABRICKS_RESULT_CACHE_LOOKUP = 'databricks.result.cache_lookup';
/** Bytes as they crossed the wire. */
export const ATTR_DATABRICKS_RESULT_SIZE = 'databricks.result.size';
/** Boolean, also on downloads: results are LZ4-compressed. Absent for columnar results, which never are. */
export const ATTR_DATABRICKS_RESULT_COMPRESSED = 'databricks.result.compressed';
/** Seconds from submit to the first rows. */
export const ATTR_DATABRICKS_RESULT_READY_DURATION = 'databricks.result.ready_duration';
/** Seconds from the first fetched rows to the last. */
export const ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION = 'databricks.result.consumption_duration';
/** Seconds the chunk with index 0 took. */
export const ATTR_DATABRICKS_CLOUDFETCH_FIRST_DURATION = 'databricks.cloudfetch.first_duration';
/** Seconds the slowest chunk took. */
export const ATTR_DATABRICKS_CLOUDFETCH_SLOWEST_DURATION = 'databricks.cloudfetch.slowest_duration';
/** Seconds, summed over the chunks; more than elapsed time, because downloads overlap. */
export const ATTR_DATABRICKS_CLOUDFETCH_TOTAL_DURATION = 'databricks.cloudfetch.total_duration';
/** The most downloads that ran at once. */
export const ATTR_DATABRICKS_CLOUDFETCH_CONCURRENCY_MAX = 'databricks.cloudfetch.concurrency_max';
/** Host of the storage that has the file, also on metrics; never the path or the query of its link. */
export const ATTR_DATABRICKS_CLOUDFETCH_HOST = 'databricks.cloudfetch.host';
/** Zero-based, in the order of the links. */
export const ATTR_DATABRICKS_CLOUDFETCH_CHUNK_INDEX = 'databricks.cloudfetch.chunk_index';
/** Rows in the chunk. */
export const ATTR_DATABRICKS_CLOUDFETCH_ROW_COUNT = 'databricks.cloudfetch.row_count';
/** Bytes of the file as it crossed the wire, before decompression. */
export const ATTR_DATABRICKS_CLOUDFETCH_SIZE = 'databricks.cloudfetch.size';
/** Rows this fetch returned. */
export const ATTR_DATABRICKS_FETCH_ROW_COUNT = 'databricks.fetch.row_count';
/** How often the driver repeated the request; absent for none. */
export const ATTR_DATABRICKS_HTTP_RETRY_COUNT = 'databricks.http.retry_count';
/** Bytes of the uploaded or downloaded local file. */
export const ATTR_DATABRICKS_STAGING_SIZE = 'databricks.staging.size';
/** On the metric of leaks: what was not closed, one of {@link LeakType}. */
export const ATTR_DATABRICKS_LEAK_TYPE = 'databricks.leak.type';
/** Prefix, opt-in: followed by the tag's key. */
export const ATTR_DATABRICKS_QUERY_TAG = 'databricks.query.tag';

/** Histogram, seconds, stable. */
export const METRIC_DB_CLIENT_OPERATION_DURATION = 'db.client.operation.duration';
/** Histogram, `{row}`, Development. */
export const METRIC_DB_CLIENT_RESPONSE_RETURNED_ROWS = 'db.client.response.returned_rows';
/** UpDownCounter, `{statement}`: a leak detector. */
export const METRIC_DATABRICKS_CLIENT_STATEMENT_ACTIVE = 'databricks.client.statement.active';
/** UpDownCounter, `{session}`: sessions that were opened and not closed. */
export const METRIC_DATABRICKS_CLIENT_SESSION_ACTIVE = 'databricks.client.session.active';
/** Counter, `{leak}`: sessions and statements that their client was closed over, or that were collected with it. */
export const METRIC_DATABRICKS_CLIENT_LEAK = 'databricks.client.leak';
/** Histogram, seconds: how long statements waited for the warehouse, of those that a poll saw pending. */
export const METRIC_DATABRICKS_CLIENT_STATEMENT_PENDING_DURATION =
  'databricks.client.statement.pending.duration';
/** Histogram, seconds. */
export const METRIC_DATABRICKS_CLIENT_CLOUDFETCH_DOWNLOAD_DURATION =
  'databricks.client.cloudfetch.download.duration';
/** Histogram, `By/s`: of each CloudFetch download, retries included. */
export const METRIC_DATABRICKS_CLIENT_CLOUDFETCH_THROUGHPUT =
  'databricks.client.cloudfetch.throughput';
/** Counter, bytes. */
export const METRIC_DATABRICKS_CLIENT_CLOUDFETCH_SIZE = 'databricks.client.cloudfetch.size';
/** Counter, `{retry}`: HTTP requests that the driver sent again; those of the native kernel are not seen. */
export const METRIC_DATABRICKS_CLIENT_HTTP_RETRY_COUNT = 'databricks.client.http.retry.count';
/** Gauge, `{state}`: the circuit breaker of a workspace; 0 closed, 1 half-open, 2 open. */
export const METRIC_DATABRICKS_TELEMETRY_CIRCUIT_BREAKER_STATE =
  'databricks.telemetry.circuit_breaker.state';

/** Event on a statement's span, for each change of state that the driver's polling saw. */
export const EVENT_DATABRICKS_STATEMENT_STATE_CHANGE = 'databricks.statement.state_change';
/** Log event, Development: a database call failed. */
export const EVENT_DB_CLIENT_OPERATION_EXCEPTION = 'db.client.operation.exception';
/** Log event: a statement took at least `slowStatementMs`. */
export const EVENT_DATABRICKS_CLIENT_STATEMENT_SLOW = 'databricks.client.statement.slow';

export const OPERATION_CONNECT = 'connect';
export const OPERATION_OPEN_SESSION = 'open_session';
export const OPERATION_CLOSE_SESSION = 'close_session';
export const OPERATION_EXECUTE_STATEMENT = 'execute_statement';
export const OPERATION_GET_INFO = 'get_info';
export const OPERATION_GET_TYPE_INFO = 'get_type_info';
export const OPERATION_GET_CATALOGS = 'get_catalogs';
export const OPERATION_GET_SCHEMAS = 'get_schemas';
export const OPERATION_GET_TABLES = 'get_tables';
export const OPERATION_GET_TABLE_TYPES = 'get_table_types';
export const OPERATION_GET_COLUMNS = 'get_columns';
export const OPERATION_GET_FUNCTIONS = 'get_functions';
export const OPERATION_GET_PRIMARY_KEYS = 'get_primary_keys';
export const OPERATION_GET_CROSS_REFERENCE = 'get_cross_reference';
export const OPERATION_FETCH = 'fetch';
export const OPERATION_CLOUDFETCH_DOWNLOAD = 'cloudfetch_download';
export const OPERATION_STAGING_PUT = 'staging_put';
export const OPERATION_STAGING_GET = 'staging_get';
export const OPERATION_STAGING_REMOVE = 'staging_remove';
export const OPERATION_CANCEL_STATEMENT = 'cancel_statement';
export const OPERATION_CLOSE_STATEMENT = 'close_statement';

/** The metadata calls that return a result set and so live like a statement. */
export type MetadataOperation =
  | typeof OPERATION_GET_TYPE_INFO
  | typeof OPERATION_GET_CATALOGS
  | typeof OPERATION_GET_SCHEMAS
  | typeof OPERATION_GET_TABLES
  | typeof OPERATION_GET_TABLE_TYPES
  | typeof OPERATION_GET_COLUMNS
  | typeof OPERATION_GET_FUNCTIONS
  | typeof OPERATION_GET_PRIMARY_KEYS
  | typeof OPERATION_GET_CROSS_REFERENCE;

/** The closed list of values of `databricks.operation`. */
export type Operation =
  | typeof OPERATION_CONNECT
  | typeof OPERATION_OPEN_SESSION
  | typeof OPERATION_CLOSE_SESSION
  | typeof OPERATION_EXECUTE_STATEMENT
  | typeof OPERATION_GET_INFO
  | MetadataOperation
  | typeof OPERATION_FETCH
  | typeof OPERATION_CLOUDFETCH_DOWNLOAD
  | typeof OPERATION_STAGING_PUT
  | typeof OPERATION_STAGING_GET
  | typeof OPERATION_STAGING_REMOVE
  | typeof OPERATION_CANCEL_STATEMENT
  | typeof OPERATION_CLOSE_STATEMENT;

/** The closed list of values of `databricks.statement.state`. */
export type StatementState = 'FINISHED' | 'ERROR' | 'CANCELED' | 'CLOSED' | 'TIMEDOUT' | 'UNKNOWN';

/**
 * The closed list of values of `databricks.error.reason`, matched on fixed phrases, conditions and codes of the service and
 * the driver.
 */
export type ErrorReason =
  | 'session_lost'
  | 'operation_lost'
  | 'warehouse_starting'
  | 'warehouse_unavailable'
  | 'throttled'
  | 'storage_denied'
  | 'storage_unreachable'
  | 'link_expired'
  | 'credentials'
  | 'permission'
  | 'timeout'
  | 'config_refused';

/** The closed list of values of `databricks.leak.type`. */
export type LeakType = 'session' | 'statement';

/** The closed list of values of `databricks.result.cache_lookup`. */
export type CacheLookup = 'ineligible' | 'local_hit' | 'remote_hit' | 'miss';

/** The closed list of values of `databricks.result.format`. */
export type ResultFormat = 'inline_arrow' | 'inline_columnar' | 'cloudfetch';
