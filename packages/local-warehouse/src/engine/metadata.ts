import {
  CATALOG_FUNCTIONS,
  CATALOG_SCHEMAS,
  CATALOG_TABLES,
  CATALOGS,
  type CatalogTable,
} from './catalog';
import { column, table } from './relation';
import {
  type Column,
  type DataType,
  type Relation,
  type SimpleKind,
  typeText,
  type Value,
} from './types';

/** The result sets of the metadata calls, with the columns of the Hive Thrift service. */

type NullableText = string | undefined;

const TYPE_CODES: Readonly<Record<DataType['kind'], number>> = {
  BOOLEAN: 16,
  TINYINT: -6,
  SMALLINT: 5,
  INT: 4,
  BIGINT: -5,
  FLOAT: 6,
  DOUBLE: 8,
  STRING: 12,
  BINARY: -2,
  DATE: 91,
  TIMESTAMP: 93,
  TIMESTAMP_NTZ: 93,
  DECIMAL: 3,
  ARRAY: 2003,
  MAP: 2000,
  STRUCT: 2002,
  VOID: 0,
};
const NULLABLE = 1;
const FUNCTION_RETURNS_SCALAR = 1;
const IMPORTED_KEY_RULE = 3;
const INITIALLY_DEFERRED = 5;

function columns(...definitions: readonly (readonly [string, SimpleKind])[]): Column[] {
  return definitions.map(([name, kind]) => column(name, kind));
}

/** Tests names against an SQL LIKE pattern, case aside. */
function likePattern(pattern: string): (name: string) => boolean {
  const source = pattern
    .replace(/[.*+?^${}()|[\]]/g, String.raw`\$&`)
    .replace(/\\\\_|%|_/g, (match) => (match === '%' ? '.*' : match === '_' ? '.' : '_'));
  const expression = new RegExp(`^${source}$`, 'i');
  return (name) => expression.test(name);
}

/** Absent and empty patterns match everything. */
function matches(pattern: NullableText, text: string): boolean {
  return pattern === undefined || pattern === null || pattern === '' || likePattern(pattern)(text);
}

function equals(wanted: NullableText, text: string): boolean {
  return wanted === undefined || wanted === null || wanted === '' || wanted.toLowerCase() === text;
}

export function typeInfo(): Relation {
  const kinds = Object.entries(TYPE_CODES);
  return table(
    columns(
      ['TYPE_NAME', 'STRING'],
      ['DATA_TYPE', 'INT'],
      ['PRECISION', 'INT'],
      ['NULLABLE', 'SMALLINT'],
    ),
    kinds.map(([name, code]) => [name, code, null, NULLABLE]),
  );
}

export function catalogs(): Relation {
  return table(
    columns(['TABLE_CAT', 'STRING']),
    CATALOGS.map((name) => [name]),
  );
}

export function schemas(catalog: NullableText, schemaPattern: NullableText): Relation {
  const found = CATALOG_SCHEMAS.filter(
    (entry) => equals(catalog, entry.catalog) && matches(schemaPattern, entry.schema),
  );
  return table(
    columns(['TABLE_SCHEM', 'STRING'], ['TABLE_CATALOG', 'STRING']),
    found.map((entry) => [entry.schema, entry.catalog]),
  );
}

export interface TablePattern {
  readonly catalog: NullableText;
  readonly schema: NullableText;
  readonly table: NullableText;
}

function findTables(pattern: TablePattern): CatalogTable[] {
  return CATALOG_TABLES.filter(
    (entry) =>
      equals(pattern.catalog, entry.catalog) &&
      matches(pattern.schema, entry.schema) &&
      matches(pattern.table, entry.name),
  );
}

export function tables(pattern: TablePattern, types: readonly string[] | undefined): Relation {
  const found = findTables(pattern).filter(
    ({ type }) => !types || types.length === 0 || types.includes(type),
  );
  return table(
    columns(
      ['TABLE_CAT', 'STRING'],
      ['TABLE_SCHEM', 'STRING'],
      ['TABLE_NAME', 'STRING'],
      ['TABLE_TYPE', 'STRING'],
      ['REMARKS', 'STRING'],
    ),
    found.map((entry) => [entry.catalog, entry.schema, entry.name, entry.type, entry.comment]),
  );
}

export function tableTypes(): Relation {
  return table(columns(['TABLE_TYPE', 'STRING']), [['TABLE'], ['VIEW']]);
}

export function tableColumns(pattern: TablePattern, columnPattern: NullableText): Relation {
  const found = findTables(pattern).flatMap((entry) =>
    entry.relation.columns
      .map((item, index) => ({ entry, item, position: index + 1 }))
      .filter(({ item }) => matches(columnPattern, item.name)),
  );
  return table(
    columns(
      ['TABLE_CAT', 'STRING'],
      ['TABLE_SCHEM', 'STRING'],
      ['TABLE_NAME', 'STRING'],
      ['COLUMN_NAME', 'STRING'],
      ['DATA_TYPE', 'INT'],
      ['TYPE_NAME', 'STRING'],
      ['COLUMN_SIZE', 'INT'],
      ['DECIMAL_DIGITS', 'INT'],
      ['NULLABLE', 'INT'],
      ['REMARKS', 'STRING'],
      ['ORDINAL_POSITION', 'INT'],
      ['IS_NULLABLE', 'STRING'],
    ),
    found.map(({ entry, item, position }): Value[] => [
      entry.catalog,
      entry.schema,
      entry.name,
      item.name,
      TYPE_CODES[item.type.kind],
      typeText(item.type),
      item.type.kind === 'DECIMAL' ? item.type.precision : null,
      item.type.kind === 'DECIMAL' ? item.type.scale : null,
      NULLABLE,
      item.comment ?? '',
      position,
      'YES',
    ]),
  );
}

export function functions(
  catalog: NullableText,
  schemaPattern: NullableText,
  functionPattern: NullableText,
): Relation {
  const found = CATALOG_FUNCTIONS.filter(
    (entry) =>
      equals(catalog, entry.catalog) &&
      matches(schemaPattern, entry.schema) &&
      matches(functionPattern, entry.name),
  );
  return table(
    columns(
      ['FUNCTION_CAT', 'STRING'],
      ['FUNCTION_SCHEM', 'STRING'],
      ['FUNCTION_NAME', 'STRING'],
      ['REMARKS', 'STRING'],
      ['FUNCTION_TYPE', 'INT'],
      ['SPECIFIC_NAME', 'STRING'],
    ),
    found.map((entry) => [
      entry.catalog,
      entry.schema,
      entry.name,
      entry.comment,
      FUNCTION_RETURNS_SCALAR,
      entry.name,
    ]),
  );
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
