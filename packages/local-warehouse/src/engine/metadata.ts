import { CATALOG_FUNCTIONS, CATALOG_SCHEMAS, CATALOGS } from './catalog';
import { column, table } from './relation';
import { equals, findTables, matches } from './table-pattern';
import type { TablePattern } from './table-pattern';
import { typeText } from './types';
import type { Column, DataType, Relation, SimpleKind, Value } from './types';

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
  INTERVAL_DAY_TIME: 12,
  INTERVAL_YEAR_MONTH: 12,
  VOID: 0,
};
const NULLABLE = 1;
const SEARCHABLE = 3;
const DECIMAL_RADIX = 10;
const FUNCTION_RETURNS_SCALAR = 1;

const NUMERIC_KINDS: ReadonlySet<string> = new Set([
  'TINYINT',
  'SMALLINT',
  'INT',
  'BIGINT',
  'FLOAT',
  'DOUBLE',
  'DECIMAL',
]);
/** Digits of the whole numbers, bytes of the other types of a fixed size, as JDBC counts them. */
const COLUMN_SIZES: Partial<Record<DataType['kind'], number>> = {
  BOOLEAN: 1,
  TINYINT: 3,
  SMALLINT: 5,
  INT: 10,
  BIGINT: 19,
  FLOAT: 7,
  DOUBLE: 15,
  DATE: 10,
  TIMESTAMP: 29,
  TIMESTAMP_NTZ: 29,
  STRING: 255,
  BINARY: 32_767,
};

const CATALOG_COMMENT = 'Catalog name. NULL if not applicable.';
const SCHEMA_COMMENT = 'Schema name.';

function columns(...definitions: readonly (readonly [string, SimpleKind, string?])[]): Column[] {
  return definitions.map(([name, kind, comment]) => column(name, kind, comment));
}

/** The 18 columns of the call; only the name and the code of a type are known. */
export function typeInfo(): Relation {
  return table(
    columns(
      ['TYPE_NAME', 'STRING'],
      ['DATA_TYPE', 'INT'],
      ['PRECISION', 'INT'],
      ['LITERAL_PREFIX', 'STRING'],
      ['LITERAL_SUFFIX', 'STRING'],
      ['CREATE_PARAMS', 'STRING'],
      ['NULLABLE', 'SMALLINT'],
      ['CASE_SENSITIVE', 'BOOLEAN'],
      ['SEARCHABLE', 'SMALLINT'],
      ['UNSIGNED_ATTRIBUTE', 'BOOLEAN'],
      ['FIXED_PREC_SCALE', 'BOOLEAN'],
      ['AUTO_INCREMENT', 'BOOLEAN'],
      ['LOCAL_TYPE_NAME', 'STRING'],
      ['MINIMUM_SCALE', 'SMALLINT'],
      ['MAXIMUM_SCALE', 'SMALLINT'],
      ['SQL_DATA_TYPE', 'INT'],
      ['SQL_DATETIME_SUB', 'INT'],
      ['NUM_PREC_RADIX', 'INT'],
    ),
    Object.entries(TYPE_CODES).map(([name, code]): Value[] => [
      name,
      code,
      null,
      null,
      null,
      null,
      NULLABLE,
      name === 'STRING',
      SEARCHABLE,
      !NUMERIC_KINDS.has(name),
      false,
      false,
      null,
      0,
      0,
      null,
      null,
      NUMERIC_KINDS.has(name) ? DECIMAL_RADIX : null,
    ]),
  );
}

export function catalogs(): Relation {
  return table(
    columns(['TABLE_CAT', 'STRING', CATALOG_COMMENT]),
    CATALOGS.map((name) => [name]),
  );
}

export function schemas(catalog: NullableText, schemaPattern: NullableText): Relation {
  const found = CATALOG_SCHEMAS.filter(
    (entry) => equals(catalog, entry.catalog) && matches(schemaPattern, entry.schema),
  );
  return table(
    columns(
      ['TABLE_SCHEM', 'STRING', SCHEMA_COMMENT],
      ['TABLE_CATALOG', 'STRING', 'Catalog name.'],
    ),
    found.map((entry) => [entry.schema, entry.catalog]),
  );
}

export function tables(pattern: TablePattern, types: readonly string[] | undefined): Relation {
  const found = findTables(pattern).filter(
    ({ type }) => !types || types.length === 0 || types.includes(type),
  );
  return table(
    columns(
      ['TABLE_CAT', 'STRING', CATALOG_COMMENT],
      ['TABLE_SCHEM', 'STRING', SCHEMA_COMMENT],
      ['TABLE_NAME', 'STRING', 'Table name.'],
      ['TABLE_TYPE', 'STRING', 'The table type, e.g. "TABLE", "VIEW", etc.'],
      ['REMARKS', 'STRING', 'Comments about the table.'],
      ['TYPE_CAT', 'STRING', 'The types catalog.'],
      ['TYPE_SCHEM', 'STRING', 'The types schema.'],
      ['TYPE_NAME', 'STRING', 'Type name.'],
      ['SELF_REFERENCING_COL_NAME', 'STRING', 'The identifier column of a typed table.'],
      ['REF_GENERATION', 'STRING', 'How the values of that column are made.'],
    ),
    found.map((entry): Value[] => [
      entry.catalog,
      entry.schema,
      entry.name,
      entry.type,
      entry.comment,
      null,
      null,
      null,
      null,
      null,
    ]),
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
      ['TABLE_CAT', 'STRING', CATALOG_COMMENT],
      ['TABLE_SCHEM', 'STRING', SCHEMA_COMMENT],
      ['TABLE_NAME', 'STRING', 'Table name.'],
      ['COLUMN_NAME', 'STRING', 'Column name.'],
      ['DATA_TYPE', 'INT', 'SQL type from java.sql.Types.'],
      ['TYPE_NAME', 'STRING'],
      ['COLUMN_SIZE', 'INT'],
      ['BUFFER_LENGTH', 'TINYINT'],
      ['DECIMAL_DIGITS', 'INT'],
      ['NUM_PREC_RADIX', 'INT'],
      ['NULLABLE', 'INT'],
      ['REMARKS', 'STRING'],
      ['COLUMN_DEF', 'STRING'],
      ['SQL_DATA_TYPE', 'INT'],
      ['SQL_DATETIME_SUB', 'INT'],
      ['CHAR_OCTET_LENGTH', 'INT'],
      ['ORDINAL_POSITION', 'INT'],
      ['IS_NULLABLE', 'STRING'],
      ['SCOPE_CATALOG', 'STRING'],
      ['SCOPE_SCHEMA', 'STRING'],
      ['SCOPE_TABLE', 'STRING'],
      ['SOURCE_DATA_TYPE', 'SMALLINT'],
      ['IS_AUTO_INCREMENT', 'STRING'],
    ),
    found.map(({ entry, item, position }): Value[] => [
      entry.catalog,
      entry.schema,
      entry.name,
      item.name,
      TYPE_CODES[item.type.kind],
      typeText(item.type),
      columnSize(item.type),
      null,
      item.type.kind === 'DECIMAL' ? item.type.scale : null,
      NUMERIC_KINDS.has(item.type.kind) ? DECIMAL_RADIX : null,
      NULLABLE,
      item.comment ?? '',
      null,
      null,
      null,
      null,
      position,
      'YES',
      null,
      null,
      null,
      null,
      'NO',
    ]),
  );
}

function columnSize(type: DataType): number | null {
  return type.kind === 'DECIMAL' ? type.precision : (COLUMN_SIZES[type.kind] ?? null);
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
