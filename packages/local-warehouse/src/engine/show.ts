import { CATALOG_FUNCTIONS, CATALOG_SCHEMAS, CATALOG_TABLES, CATALOGS } from './catalog';
import type { CatalogTable } from './catalog';
import { column, table } from './relation';
import { typeText } from './types';
import type { Column, Relation, SimpleKind, Value } from './types';

/**
 * SHOW statements, with the columns that Databricks gives them. The native kernel of the driver reads all metadata
 * through these, in forms such as `SHOW TABLES IN CATALOG main SCHEMA LIKE 'sales' LIKE '%'`.
 */

const NULLABLE = 'true';
const NO_ACTION = 3;
const NOT_DEFERRABLE = 7;
const FUNCTION_RETURNS_SCALAR = 1;

/** The relation of a SHOW statement; undefined for a form that is not known. */
export function show(sql: string): Relation | undefined {
  const scope = parseScope(sql);
  if (/^show\s+catalogs\b/i.test(sql)) return showCatalogs(scope);
  if (/^show\s+(?:schemas|databases)\b/i.test(sql)) return showSchemas(scope);
  if (/^show\s+tables\b/i.test(sql)) return showTables(scope);
  if (/^show\s+columns\b/i.test(sql)) return showColumns(scope);
  if (/^show\s+foreign\s+keys\b/i.test(sql)) return showForeignKeys(scope);
  if (/^show\s+keys\b/i.test(sql)) return showKeys(scope);
  if (/^show\s+(?:user\s+|system\s+|all\s+)?functions\b/i.test(sql)) return showFunctions(scope);
  return undefined;
}

/** `information_schema.routines`. */
export function routines(): Relation {
  return table(
    texts(
      'routine_catalog',
      'routine_schema',
      'routine_name',
      'comment',
      'specific_name',
      'routine_type',
    ),
    CATALOG_FUNCTIONS.map((entry) => [
      entry.catalog,
      entry.schema,
      entry.name,
      entry.comment,
      entry.name,
      'FUNCTION',
    ]),
  );
}

type NameTest = (name: string) => boolean;

interface Scope {
  readonly catalog: NameTest;
  readonly schema: NameTest;
  readonly table: NameTest;
  /** Of the name that is shown. */
  readonly name: NameTest;
}

const QUOTED = String.raw`\x60?((?:(?<=\x60)[^\x60]+)|\w+)\x60?`;

function parseScope(sql: string): Scope {
  let rest = sql;
  // Clauses are taken out one after the other: the LIKE that is left is that of the shown name.
  const take = (clause: string): string | undefined => {
    const found = new RegExp(clause, 'i').exec(rest);
    rest = found ? rest.replace(found[0], ' ') : rest;
    return found?.[1];
  };
  take(String.raw`\bin\s+all\s+catalogs\b`);
  const schemaLike = take(String.raw`\bschema\s+like\s+'([^']*)'`);
  const tableLike = take(String.raw`\btable\s+like\s+'([^']*)'`);
  const schema = take(`\\bschema\\s+${QUOTED}`);
  const tableName = take(`\\btable\\s+${QUOTED}`);
  const catalog = take(`\\bcatalog\\s+${QUOTED}`) ?? take(`\\bin\\s+${QUOTED}`);
  return {
    catalog: exact(catalog) ?? anything,
    schema: like(schemaLike) ?? exact(schema) ?? anything,
    table: like(tableLike) ?? exact(tableName) ?? anything,
    name: like(take(String.raw`\blike\s+'([^']*)'`)) ?? anything,
  };
}

function exact(name: string | undefined): NameTest | undefined {
  const wanted = name?.toLowerCase();
  return wanted === undefined ? undefined : (text) => text === wanted;
}

function like(pattern: string | undefined): NameTest | undefined {
  return pattern === undefined ? undefined : showPattern(pattern);
}

function anything(): boolean {
  return true;
}

/** SHOW patterns: `*` stands for any text, `.` for any character. */
function showPattern(pattern: string): NameTest {
  const source = pattern.replace(/[+?^${}()[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*');
  const expression = new RegExp(`^(?:${source})$`, 'i');
  return (name) => expression.test(name);
}

function tablesIn(scope: Scope): CatalogTable[] {
  return CATALOG_TABLES.filter(
    (entry) =>
      scope.catalog(entry.catalog) && scope.schema(entry.schema) && scope.table(entry.name),
  );
}

function texts(...names: readonly string[]): Column[] {
  return names.map((name) => column(name, 'STRING'));
}

function typed(...definitions: readonly (readonly [string, SimpleKind])[]): Column[] {
  return definitions.map(([name, kind]) => column(name, kind));
}

function showCatalogs(scope: Scope): Relation {
  return table(
    texts('catalog'),
    CATALOGS.filter(scope.name).map((name) => [name]),
  );
}

function showSchemas(scope: Scope): Relation {
  const found = CATALOG_SCHEMAS.filter(
    ({ catalog, schema }) => scope.catalog(catalog) && scope.name(schema),
  );
  return table(
    texts('databaseName', 'catalog'),
    found.map(({ catalog, schema }) => [schema, catalog]),
  );
}

function showTables(scope: Scope): Relation {
  return table(
    [
      ...texts('namespace', 'tableName'),
      column('isTemporary', 'BOOLEAN'),
      ...texts('catalogName', 'tableType', 'remarks'),
    ],
    tablesIn(scope)
      .filter(({ name }) => scope.name(name))
      .map((entry) => [entry.schema, entry.name, false, entry.catalog, entry.type, entry.comment]),
  );
}

function showColumns(scope: Scope): Relation {
  return table(
    typed(
      ['col_name', 'STRING'],
      ['catalogName', 'STRING'],
      ['namespace', 'STRING'],
      ['tableName', 'STRING'],
      ['columnType', 'STRING'],
      ['columnSize', 'INT'],
      ['decimalDigits', 'INT'],
      ['radix', 'INT'],
      ['isNullable', 'STRING'],
      ['remarks', 'STRING'],
      ['ordinalPosition', 'INT'],
      ['isAutoIncrement', 'STRING'],
      ['isGenerated', 'STRING'],
    ),
    tablesIn(scope).flatMap((entry) =>
      entry.relation.columns
        .map((item, index) => ({ item, position: index }))
        .filter(({ item }) => scope.name(item.name))
        .map(({ item, position }): Value[] => [
          item.name,
          entry.catalog,
          entry.schema,
          entry.name,
          typeText(item.type),
          item.type.kind === 'DECIMAL' ? item.type.precision : null,
          item.type.kind === 'DECIMAL' ? item.type.scale : null,
          null,
          NULLABLE,
          item.comment ?? '',
          position,
          'NO',
          'NO',
        ]),
    ),
  );
}

function showFunctions(scope: Scope): Relation {
  const found = CATALOG_FUNCTIONS.filter(
    (entry) => scope.catalog(entry.catalog) && scope.schema(entry.schema) && scope.name(entry.name),
  );
  return table(
    [
      ...texts('functionName', 'namespace', 'catalogName', 'remarks'),
      column('functionType', 'INT'),
      ...texts('specificName'),
    ],
    found.map((entry): Value[] => [
      entry.name,
      entry.schema,
      entry.catalog,
      entry.comment,
      FUNCTION_RETURNS_SCALAR,
      entry.name,
    ]),
  );
}

function showKeys(scope: Scope): Relation {
  return table(
    typed(
      ['catalogName', 'STRING'],
      ['namespace', 'STRING'],
      ['tableName', 'STRING'],
      ['col_name', 'STRING'],
      ['keySeq', 'INT'],
      ['constraintName', 'STRING'],
    ),
    tablesIn(scope).flatMap((entry) =>
      entry.primaryKey.map((name, index): Value[] => [
        entry.catalog,
        entry.schema,
        entry.name,
        name,
        index + 1,
        `${entry.name}_pk`,
      ]),
    ),
  );
}

function showForeignKeys(scope: Scope): Relation {
  return table(
    typed(
      ['parentCatalogName', 'STRING'],
      ['parentNamespace', 'STRING'],
      ['parentTableName', 'STRING'],
      ['parentColName', 'STRING'],
      ['catalogName', 'STRING'],
      ['namespace', 'STRING'],
      ['tableName', 'STRING'],
      ['col_name', 'STRING'],
      ['keySeq', 'INT'],
      ['updateRule', 'INT'],
      ['deleteRule', 'INT'],
      ['constraintName', 'STRING'],
      ['parentConstraintName', 'STRING'],
      ['deferrability', 'INT'],
    ),
    tablesIn(scope).flatMap((entry) =>
      entry.foreignKeys.flatMap((key) =>
        key.columns.map((name, index): Value[] => [
          entry.catalog,
          entry.schema,
          key.referencedTable,
          key.referencedColumns[index] ?? null,
          entry.catalog,
          entry.schema,
          entry.name,
          name,
          index + 1,
          NO_ACTION,
          NO_ACTION,
          key.name,
          `${key.referencedTable}_pk`,
          NOT_DEFERRABLE,
        ]),
      ),
    ),
  );
}
