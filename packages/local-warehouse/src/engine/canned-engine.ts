import { findTable } from './catalog';
import type { CatalogTable } from './catalog';
import { SqlError } from './engine';
import type { Engine, Query, QueryParameter, QueryResult } from './engine';
import type { SqlPosition } from '../failure';
import { changedRows } from './data-change';
import { parseConstantColumn } from './literal';
import { column, projected, range, resized, table } from './relation';
import { routines, show } from './show';
import { catalogTypeText } from './types';
import type { Relation } from './types';

const NAME = String.raw`(?:\x60[^\x60]+\x60|\w+)`;
const QUALIFIED_NAME = `${NAME}(?:\\.${NAME})*`;
const FROM_RANGE = /\bfrom\s+range\s*\(([^)]*)\)/i;
const FROM_VALUES = /\bfrom\s+values\s+(.+)$/is;
const FROM_TABLE = new RegExp(`\\bfrom\\s+(${QUALIFIED_NAME})`, 'i');
const ROUTINES = /(?:^|\.)`?information_schema`?\.`?routines`?$/i;
const LIMIT = /\blimit\s+(\d+)\s*$/i;
const NO_RESULT =
  /^(?:create|drop|alter|set|reset|truncate|optimize|vacuum|analyze|refresh|grant|revoke|comment|cache|uncache|begin|call|copy)\b/i;
const DATA_CHANGE = /^(?:insert|update|delete|merge)\b/i;
const CHANGED_ROWS = 1;

/**
 * Answers the SQL that tests and demos use, from fixed data:
 * constants, `range(…)`, `SELECT … FROM` the sample tables with LIMIT and count(*) (other clauses are ignored),
 * SHOW, DESCRIBE, USE; DDL has no result and data changes report one row.
 */
export class CannedEngine implements Engine {
  execute(query: Query): QueryResult {
    const sql = plainText(query.sql);
    if (/^(?:select|with|values|from)\b/i.test(sql)) return rows(select(sql, query));
    if (/^show\b/i.test(sql)) return rows(show(sql) ?? fail(syntaxError(sql)));
    if (/^(?:describe|desc)\b/i.test(sql)) return rows(describe(sql, query));
    if (/^explain\b/i.test(sql)) return rows(textRelation('plan', ['== Physical Plan ==']));
    if (/^use\b/i.test(sql)) return use(sql);
    if (DATA_CHANGE.test(sql)) return changedRows(sql, CHANGED_ROWS);
    if (NO_RESULT.test(sql)) return { kind: 'done' };
    throw syntaxError(sql);
  }

  close(): void {
    // Nothing is held.
  }
}

/** The text without comments, trailing semicolon and needless white space. */
function plainText(sql: string): string {
  return sql
    .replace(
      /('(?:[^'\\]|\\.)*')|--[^\n]*|\/\*.*?\*\//gs,
      (_, quoted: string | undefined) => quoted ?? ' ',
    )
    .trim()
    .replace(/;\s*$/, '')
    .trim();
}

function rows(relation: Relation): QueryResult {
  return { kind: 'rows', relation };
}

function select(sql: string, query: Query): Relation {
  const source = fromClause(sql, query);
  const limit = LIMIT.exec(sql);
  const limited = (relation: Relation): Relation =>
    limit ? resized(relation, Math.min(Number(limit[1]), relation.rowCount)) : relation;
  if (!source) return constants(sql, query);
  const list = selectList(sql);
  if (list.length === 1 && /^count\s*\(/i.test(list[0] ?? '')) {
    return table([column('count(1)', 'BIGINT')], [[BigInt(source.rowCount)]]);
  }
  return limited(pickColumns(source, list));
}

function fromClause(sql: string, query: Query): Relation | undefined {
  const rangeCall = FROM_RANGE.exec(sql);
  if (rangeCall) {
    const bounds = (rangeCall[1] ?? '').split(',').map((bound) => bound.trim().replace(/L$/i, ''));
    if (bounds.some((bound) => !/^-?\d+$/.test(bound))) throw syntaxError(sql);
    const [first = 0n, second, step = 1n] = bounds.map(BigInt);
    return second === undefined ? range(0n, first, 1n) : range(first, second, step);
  }
  const values = FROM_VALUES.exec(sql)?.[1];
  if (values !== undefined) return inlineTable(values, sql);
  const name = FROM_TABLE.exec(sql)?.[1];
  if (name === undefined) return undefined;
  return ROUTINES.test(name) ? routines() : tableNamed(name, query).relation;
}

/** `VALUES (1, 'a'), (2, 'b') AS t(x, y)`: constants only; without names the columns are `col1`, `col2`, …. */
function inlineTable(text: string, sql: string): Relation {
  const [, list = '', aliases] =
    /^(.*?)(?:\s+(?:as\s+)?\w+\s*\(([^()]*)\))?(?:\s+(?:where|order|limit)\b.*)?$/is.exec(text) ??
    [];
  const lines = splitTopLevel(list).map((row) =>
    splitTopLevel(row.replace(/^\((.*)\)$/s, '$1')).map(
      (item) => parseConstantColumn(item, () => undefined) ?? fail(syntaxError(sql)),
    ),
  );
  const names = aliases === undefined ? [] : splitTopLevel(aliases).map(unquoted);
  const columns = (lines[0] ?? []).map((item, index) =>
    column(names[index] ?? `col${index + 1}`, item.column.type),
  );
  return table(
    columns,
    lines.map((line) => line.map(({ value }) => value)),
  );
}

function tableNamed(name: string, query: Query): CatalogTable {
  const found = findTable(name.split('.').map(unquoted), query);
  if (found) return found;
  const shown = name.split('.').map((part) => `\`${unquoted(part)}\``);
  throw new SqlError(
    'TABLE_OR_VIEW_NOT_FOUND',
    '42P01',
    `The table or view ${shown.join('.')} cannot be found. Verify the spelling and correctness of the schema and catalog.`,
    0,
    positionOf(name, query.sql),
  );
}

/** Where a part of the SQL begins. */
function positionOf(part: string, sql: string): SqlPosition {
  const before = sql.slice(0, Math.max(0, sql.indexOf(part))).split('\n');
  return { line: before.length, position: before.at(-1)?.length ?? 0 };
}

function unquoted(name: string): string {
  return name.replaceAll('`', '');
}

function selectList(sql: string): string[] {
  const text = /^select\s+(?:distinct\s+)?(.*?)(?:\s+from\b.*)?$/is.exec(sql)?.[1] ?? '*';
  return splitTopLevel(text);
}

/** Splits at commas that are neither in quotes nor in parentheses. */
function splitTopLevel(text: string): string[] {
  const parts = text.match(/(?:'(?:[^'\\]|\\.)*'|\((?:[^()]|\([^()]*\))*\)|[^,'(])+/gs) ?? [];
  return parts.map((part) => part.trim());
}

function pickColumns(relation: Relation, list: readonly string[]): Relation {
  const names = relation.columns.map(({ name }) => name.toLowerCase());
  const indexes = list.map((item) =>
    names.indexOf(unquoted(item).toLowerCase().replace(/^.*\./, '')),
  );
  return indexes.includes(-1) ? relation : projected(relation, indexes);
}

function constants(sql: string, query: Query): Relation {
  let position = 0;
  const nextParameter = (name: string | undefined): QueryParameter | undefined => {
    if (name !== undefined) return query.parameters.find((parameter) => parameter.name === name);
    position += 1;
    return query.parameters.filter((parameter) => parameter.name === undefined)[position - 1];
  };
  const items = selectList(sql).map((item) => {
    const constant = parseConstantColumn(item, nextParameter);
    if (constant) return constant;
    const parameter = /^:(\w+)/.exec(item)?.[1] ?? (item.startsWith('?') ? '_0' : undefined);
    throw parameter === undefined ? unresolved(item) : unboundParameter(parameter);
  });
  return table(
    items.map((item) => item.column),
    [items.map((item) => item.value)],
  );
}

function describe(sql: string, query: Query): Relation {
  const name = new RegExp(
    `^desc(?:ribe)?\\s+(?:table\\s+)?(?:extended\\s+)?(${QUALIFIED_NAME})`,
    'i',
  ).exec(sql)?.[1];
  if (name === undefined) throw syntaxError(sql);
  const { relation } = tableNamed(name, query);
  return table(
    [column('col_name', 'STRING'), column('data_type', 'STRING'), column('comment', 'STRING')],
    relation.columns.map((entry) => [
      entry.name,
      catalogTypeText(entry.type),
      entry.comment ?? null,
    ]),
  );
}

function use(sql: string): QueryResult {
  const [, keyword, name = ''] =
    new RegExp(`^use\\s+(?:(catalog|schema|database)\\s+)?(${QUALIFIED_NAME})$`, 'i').exec(sql) ??
    [];
  const parts = name.split('.').map(unquoted);
  if (keyword?.toLowerCase() === 'catalog') return { kind: 'use', catalog: parts[0] ?? '' };
  const [schema = '', catalog] = parts.toReversed();
  return catalog === undefined ? { kind: 'use', schema } : { kind: 'use', schema, catalog };
}

function textRelation(name: string, values: readonly string[]): Relation {
  return table(
    [column(name, 'STRING')],
    values.map((value) => [value]),
  );
}

function fail(error: SqlError): never {
  throw error;
}

function syntaxError(sql: string): SqlError {
  const near = /^\S+/.exec(sql)?.[0] ?? 'end of input';
  return new SqlError('PARSE_SYNTAX_ERROR', '42601', `Syntax error at or near '${near}'.`);
}

function unresolved(item: string): SqlError {
  return new SqlError(
    'UNRESOLVED_COLUMN.WITHOUT_SUGGESTION',
    '42703',
    `A column, variable, or function parameter with name \`${item}\` cannot be resolved.`,
  );
}

function unboundParameter(name: string): SqlError {
  return new SqlError('UNBOUND_SQL_PARAMETER', '42P02', `Found the unbound parameter: ${name}.`);
}
