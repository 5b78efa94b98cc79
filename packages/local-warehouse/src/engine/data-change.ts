import type { QueryResult } from './engine';
import { column, table } from './relation';

/** The counts that a statement's result has behind `num_affected_rows`. */
const FURTHER_COUNTS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^\s*insert\b/i, ['num_inserted_rows']],
  [/^\s*merge\b/i, ['num_updated_rows', 'num_deleted_rows', 'num_inserted_rows']],
];

/** The one-row result of INSERT, UPDATE, DELETE or MERGE. What a MERGE did is not known: all rows count as updated. */
export function changedRows(sql: string, rowCount: number): QueryResult {
  const [, further = []] = FURTHER_COUNTS.find(([pattern]) => pattern.test(sql)) ?? [];
  const names = ['num_affected_rows', ...further];
  const counts = names.map((_, index) => (index < 2 ? BigInt(rowCount) : 0n));
  const relation = table(
    names.map((name) => column(name, 'BIGINT')),
    [counts],
  );
  return { kind: 'rows', relation, modifiedRows: rowCount };
}
