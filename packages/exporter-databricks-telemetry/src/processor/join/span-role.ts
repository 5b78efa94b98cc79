import type { Operation } from '@dbsql-otel/instrumentation-databricks-sql/semconv';

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

/** Whole, and right, by its type. */
const ROLES: Readonly<Record<Operation, Role>> = {
  connect: 'connect',
  open_session: 'open_session',
  close_session: 'close_session',
  execute_statement: 'statement',
  get_type_info: 'statement',
  get_catalogs: 'statement',
  get_schemas: 'statement',
  get_tables: 'statement',
  get_table_types: 'statement',
  get_columns: 'statement',
  get_functions: 'statement',
  get_primary_keys: 'statement',
  get_cross_reference: 'statement',
  get_info: 'call',
  fetch: 'fetch',
  cloudfetch_download: 'download',
  staging_put: 'staging',
  staging_get: 'staging',
  staging_remove: 'staging',
  cancel_statement: 'cancel',
  close_statement: 'close',
};

const roleByOperation: ReadonlyMap<unknown, Role> = new Map(Object.entries(ROLES));

/** The role of a `databricks.operation` value; `undefined` for any other value. */
export function roleOf(operation: unknown): Role | undefined {
  return roleByOperation.get(operation);
}
