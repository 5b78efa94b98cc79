import { column, table } from './relation';
import { findTables } from './table-pattern';
import type { TablePattern } from './table-pattern';
import type { Relation, SimpleKind, Value } from './types';

/** The result sets of the two metadata calls about keys. */

const IMPORTED_KEY_RULE = 3;
const INITIALLY_DEFERRED = 5;

function columns(...definitions: readonly (readonly [string, SimpleKind])[]) {
  return definitions.map(([name, kind]) => column(name, kind));
}

export function primaryKeys(pattern: TablePattern): Relation {
  const rows = findTables(pattern).flatMap((entry) =>
    entry.primaryKey.map((name, index): Value[] => [
      entry.catalog,
      entry.schema,
      entry.name,
      name,
      index + 1,
      `${entry.name}_pk`,
    ]),
  );
  return table(
    columns(
      ['TABLE_CAT', 'STRING'],
      ['TABLE_SCHEM', 'STRING'],
      ['TABLE_NAME', 'STRING'],
      ['COLUMN_NAME', 'STRING'],
      ['KEQ_SEQ', 'INT'],
      ['PK_NAME', 'STRING'],
    ),
    rows,
  );
}

export function crossReference(parent: TablePattern, foreign: TablePattern): Relation {
  const parents = new Map(findTables(parent).map((entry) => [entry.name, entry]));
  const rows = findTables(foreign).flatMap((entry) =>
    entry.foreignKeys.flatMap((key) => {
      const referenced = parents.get(key.referencedTable);
      if (!referenced) return [];
      return key.columns.map((name, index): Value[] => [
        referenced.catalog,
        referenced.schema,
        referenced.name,
        key.referencedColumns[index] ?? null,
        entry.catalog,
        entry.schema,
        entry.name,
        name,
        index + 1,
        IMPORTED_KEY_RULE,
        IMPORTED_KEY_RULE,
        key.name,
        `${referenced.name}_pk`,
        INITIALLY_DEFERRED,
      ]);
    }),
  );
  return table(
    columns(
      ['PKTABLE_CAT', 'STRING'],
      ['PKTABLE_SCHEM', 'STRING'],
      ['PKTABLE_NAME', 'STRING'],
      ['PKCOLUMN_NAME', 'STRING'],
      ['FKTABLE_CAT', 'STRING'],
      ['FKTABLE_SCHEM', 'STRING'],
      ['FKTABLE_NAME', 'STRING'],
      ['FKCOLUMN_NAME', 'STRING'],
      ['KEQ_SEQ', 'INT'],
      ['UPDATE_RULE', 'INT'],
      ['DELETE_RULE', 'INT'],
      ['FK_NAME', 'STRING'],
      ['PK_NAME', 'STRING'],
      ['DEFERRABILITY', 'INT'],
    ),
    rows,
  );
}
