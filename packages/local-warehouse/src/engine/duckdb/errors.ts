import { SqlError } from '../engine';

/** DuckDB's kinds of errors, by how their messages begin, as Databricks' conditions and SQLSTATEs. */
const CONDITIONS: readonly (readonly [RegExp, string, string])[] = [
  [/^Catalog Error: (?:Table|View)\b.*does not exist/, 'TABLE_OR_VIEW_NOT_FOUND', '42P01'],
  [/^Catalog Error: .*already exists/, 'TABLE_OR_VIEW_ALREADY_EXISTS', '42P07'],
  [/^Catalog Error: .*Function\b.*does not exist/, 'UNRESOLVED_ROUTINE', '42883'],
  [/^Catalog Error/, 'SCHEMA_NOT_FOUND', '42704'],
  [/^Parser Error/, 'PARSE_SYNTAX_ERROR', '42601'],
  [/^Binder Error: Referenced column/, 'UNRESOLVED_COLUMN.WITH_SUGGESTION', '42703'],
  [/^Binder Error/, 'INVALID_SQL_SYNTAX', '42000'],
  [/^Conversion Error/, 'CAST_INVALID_INPUT', '22018'],
  [/^Out of Range Error/, 'ARITHMETIC_OVERFLOW', '22003'],
  [/^Constraint Error/, 'CONSTRAINT_VIOLATION', '23000'],
  [/^INTERRUPT Error/, 'OPERATION_CANCELED', 'HY008'],
];

/** The failure of a statement as Databricks words it. */
export function sqlError(error: unknown): SqlError {
  const text = error instanceof Error ? error.message : String(error);
  const message = text.replace(/^Failed to extract statements: /, '');
  const known = CONDITIONS.find(([pattern]) => pattern.test(message));
  const [, condition = 'INTERNAL_ERROR', sqlState = 'XX000'] = known ?? [];
  return new SqlError(
    condition,
    sqlState,
    message.replace(/^[\w\s]+ Error: /, '').split('\n')[0] ?? '',
  );
}
