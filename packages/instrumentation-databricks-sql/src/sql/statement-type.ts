/** What a statement is to the telemetry of the Databricks drivers. */
export type StatementType = 'QUERY' | 'UPDATE' | 'VOLUME' | 'SQL';

const TYPES = new Map<string, StatementType>([
  ['DESC', 'QUERY'],
  ['DESCRIBE', 'QUERY'],
  ['EXPLAIN', 'QUERY'],
  ['FROM', 'QUERY'],
  ['SELECT', 'QUERY'],
  ['SHOW', 'QUERY'],
  ['TABLE', 'QUERY'],
  ['VALUES', 'QUERY'],
  ['COPY', 'UPDATE'],
  ['DELETE', 'UPDATE'],
  ['INSERT', 'UPDATE'],
  ['LOAD', 'UPDATE'],
  ['MERGE', 'UPDATE'],
  ['TRUNCATE', 'UPDATE'],
  ['UPDATE', 'UPDATE'],
  ['GET', 'VOLUME'],
  ['LIST', 'VOLUME'],
  ['PUT', 'VOLUME'],
  ['REMOVE', 'VOLUME'],
]);

/**
 * The type of a statement by its `db.query.summary`, whose first word is the operation; `SQL` is every other statement,
 * `undefined` one without a summary.
 */
export function statementType(summary: string | undefined): StatementType | undefined {
  if (summary === undefined) return undefined;
  const end = summary.indexOf(' ');
  const operation = end === -1 ? summary : summary.slice(0, end);
  return TYPES.get(operation.toUpperCase()) ?? 'SQL';
}
