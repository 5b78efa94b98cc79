import {
  OPERATION_CANCEL_STATEMENT,
  OPERATION_CLOSE_SESSION,
  OPERATION_CLOSE_STATEMENT,
  OPERATION_CLOUDFETCH_DOWNLOAD,
  OPERATION_CONNECT,
  OPERATION_EXECUTE_STATEMENT,
  OPERATION_FETCH,
  OPERATION_GET_CATALOGS,
  OPERATION_GET_COLUMNS,
  OPERATION_GET_CROSS_REFERENCE,
  OPERATION_GET_FUNCTIONS,
  OPERATION_GET_INFO,
  OPERATION_GET_PRIMARY_KEYS,
  OPERATION_GET_SCHEMAS,
  OPERATION_GET_TABLE_TYPES,
  OPERATION_GET_TABLES,
  OPERATION_GET_TYPE_INFO,
  OPERATION_OPEN_SESSION,
  OPERATION_STAGING_GET,
  OPERATION_STAGING_PUT,
  OPERATION_STAGING_REMOVE,
  type Operation,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';

/** What a span means to telemetry. `statement`: opens a statement's entry; `call`: a record of its own. */
export type Role =
  | 'connect'
  | 'open_session'
  | 'close_session'
  | 'statement'
  | 'call'
  | 'fetch'
  | 'download'
  | 'staging'
  | 'cancel'
  | 'close';

const ROLES: Readonly<Record<Operation, Role>> = {
  [OPERATION_CONNECT]: 'connect',
  [OPERATION_OPEN_SESSION]: 'open_session',
  [OPERATION_CLOSE_SESSION]: 'close_session',
  [OPERATION_EXECUTE_STATEMENT]: 'statement',
  [OPERATION_GET_TYPE_INFO]: 'statement',
  [OPERATION_GET_CATALOGS]: 'statement',
  [OPERATION_GET_SCHEMAS]: 'statement',
  [OPERATION_GET_TABLES]: 'statement',
  [OPERATION_GET_TABLE_TYPES]: 'statement',
  [OPERATION_GET_COLUMNS]: 'statement',
  [OPERATION_GET_FUNCTIONS]: 'statement',
  [OPERATION_GET_PRIMARY_KEYS]: 'statement',
  [OPERATION_GET_CROSS_REFERENCE]: 'statement',
  [OPERATION_GET_INFO]: 'call',
  [OPERATION_FETCH]: 'fetch',
  [OPERATION_CLOUDFETCH_DOWNLOAD]: 'download',
  [OPERATION_STAGING_PUT]: 'staging',
  [OPERATION_STAGING_GET]: 'staging',
  [OPERATION_STAGING_REMOVE]: 'staging',
  [OPERATION_CANCEL_STATEMENT]: 'cancel',
  [OPERATION_CLOSE_STATEMENT]: 'close',
};

const roleByOperation: ReadonlyMap<unknown, Role> = new Map(Object.entries(ROLES));

/** The role of a `databricks.operation` value; `undefined` for a value that is none of the closed list. */
export function roleOf(operation: unknown): Role | undefined {
  return roleByOperation.get(operation);
}
