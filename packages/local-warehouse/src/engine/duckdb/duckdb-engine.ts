import { textValue } from '../../results/text';
import { CATALOG_SCHEMAS, CATALOG_TABLES, DEFAULT_CATALOG, findTable } from '../catalog';
import type { CatalogTable } from '../catalog';
import { CannedEngine } from '../canned-engine';
import { SqlError } from '../engine';
import type { Engine, Query, QueryResult } from '../engine';
import { changedRows } from '../data-change';
import { column, table } from '../relation';
import { catalogTypeText, typeText } from '../types';
import type { Column, Relation } from '../types';
import { translate } from './dialect';
import { sqlError } from './errors';
import type { IntervalParts } from './intervals';
import { loadDuckDb, RETURN_TYPES } from './module';
import type { DuckDbConnection, DuckDbInstance, DuckDbResult } from './module';
import { columnValues, dataType } from './values';

/** Statements about the catalog and about storage, which the canned engine knows better. */
const CANNED_STATEMENT =
  /^\s*(?:show|use|set|reset|explain|optimize|vacuum|analyze|refresh|grant|revoke|cache|uncache|msck)\b/i;
/** A range is computed row by row: it takes no memory, however long it is. */
const PLAIN_RANGE = /^\s*select\s+(?:\*|id)\s+from\s+range\s*\([^)]*\)\s*;?\s*$/i;
const DESCRIBE = /^\s*desc(?:ribe)?\s+(?:table\s+)?(?:extended\s+)?([^\s;]+)\s*;?\s*$/i;
/** Functions of Spark that DuckDB has under no name. */
const MACROS = [
  'CREATE MACRO positive(x) AS x',
  'CREATE MACRO size(x) AS len(x)',
  'CREATE MACRO nvl(x, y) AS coalesce(x, y)',
];

/** Runs SQL for real, in memory, over the sample tables. */
export class DuckDbEngine implements Engine {
  readonly #instance: DuckDbInstance;
  readonly #canned = new CannedEngine();

  private constructor(instance: DuckDbInstance) {
    this.#instance = instance;
  }

  /** Rejects when the optional package `@duckdb/node-api` is not installed. */
  static async create(): Promise<DuckDbEngine> {
    const { DuckDBInstance } = await loadDuckDb();
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    for (const statement of [...MACROS, ...sampleData()]) await connection.run(statement);
    connection.closeSync();
    return new DuckDbEngine(instance);
  }

  async execute(query: Query): Promise<QueryResult> {
    const uncommented = query.sql.replace(/--[^\n]*|\/\*.*?\*\//gs, ' ');
    if (CANNED_STATEMENT.test(uncommented) || PLAIN_RANGE.test(uncommented)) {
      return this.#canned.execute(query);
    }
    const described = DESCRIBE.exec(uncommented)?.[1];
    return described === undefined
      ? this.#run(query)
      : describedColumns(described, query, await this.#run(describeQuery(described, query)));
  }

  async #run(query: Query): Promise<QueryResult> {
    const { sql, values, unbound } = translate(query.sql, query.parameters);
    if (unbound !== undefined) {
      throw new SqlError(
        'UNBOUND_SQL_PARAMETER',
        '42P02',
        `Found the unbound parameter: ${unbound}.`,
      );
    }
    const connection = await this.#instance.connect();
    const interrupt = (): void => connection.interrupt();
    query.signal.addEventListener('abort', interrupt, { once: true });
    try {
      await useSchema(connection, query);
      if (query.signal.aborted) throw new Error('INTERRUPT Error: Interrupted!');
      return await toQueryResult(sql, await connection.run(sql, values));
    } catch (error) {
      throw sqlError(error);
    } finally {
      query.signal.removeEventListener('abort', interrupt);
      connection.closeSync();
    }
  }

  close(): void {
    this.#instance.closeSync();
  }
}

function describeQuery(name: string, query: Query): Query {
  return { ...query, sql: `SELECT * FROM ${name} LIMIT 0`, parameters: [] };
}

/** The comments are those of the sample tables; DuckDB is not asked for others. */
function describedColumns(name: string, query: Query, result: QueryResult): QueryResult {
  const columns = result.kind === 'rows' ? result.relation.columns : [];
  const sample = findTable(name.replaceAll('`', '').split('.'), query)?.relation.columns ?? [];
  const relation = table(
    ['col_name', 'data_type', 'comment'].map((title) => column(title, 'STRING')),
    columns.map((entry, index) => [
      entry.name,
      catalogTypeText(entry.type),
      sample[index]?.comment ?? null,
    ]),
  );
  return { kind: 'rows', relation };
}

async function useSchema(connection: DuckDbConnection, { schema }: Query): Promise<void> {
  await connection.run(`SET schema = '${schema.replaceAll("'", "''")}'`);
}

async function toQueryResult(sql: string, result: DuckDbResult): Promise<QueryResult> {
  if (result.returnType === RETURN_TYPES.nothing) return { kind: 'done' };
  if (result.returnType === RETURN_TYPES.changedRows) {
    return changedRows(sql, result.rowsChanged);
  }
  return { kind: 'rows', relation: await toRelation(result) };
}

async function toRelation(result: DuckDbResult): Promise<Relation> {
  const names = result.deduplicatedColumnNames();
  const columns = result
    .columnTypes()
    .map((type, index) => column(names[index] ?? `col${index + 1}`, dataType(type)));
  const data = await result.getColumns();
  return {
    columns: columns.map((entry, index) => withIntervalKind(entry, data[index] ?? [])),
    rowCount: data[0]?.length ?? 0,
    read: (from, to) =>
      columns.map(({ type }, index) => columnValues(type, (data[index] ?? []).slice(from, to))),
  };
}

/** DuckDB has one kind of interval, Databricks two: what has months is of years and months. */
function withIntervalKind(entry: Column, values: readonly unknown[]): Column {
  const hasMonths = values.some((value) => ((value as IntervalParts | null)?.months ?? 0) !== 0);
  return entry.type.kind === 'INTERVAL_DAY_TIME' && hasMonths
    ? column(entry.name, 'INTERVAL_YEAR_MONTH')
    : entry;
}

/** The statements that make the schemas and tables of the sample catalog. */
function sampleData(): string[] {
  const schemas = CATALOG_SCHEMAS.filter(({ catalog }) => catalog === DEFAULT_CATALOG).map(
    ({ schema }) => `CREATE SCHEMA "${schema}"`,
  );
  return [...schemas, ...CATALOG_TABLES.flatMap(tableStatements)];
}

function tableStatements({ schema, name, relation }: CatalogTable): string[] {
  const definitions = relation.columns.map((entry) => `"${entry.name}" ${typeText(entry.type)}`);
  const columns = relation.read(0, relation.rowCount);
  const rows = Array.from({ length: relation.rowCount }, (_, row) => {
    const cells = relation.columns.map(({ type }, index) =>
      literal(textValue(type, columns[index]?.[row] ?? null)),
    );
    return `(${cells.join(', ')})`;
  });
  return [
    `CREATE TABLE "${schema}"."${name}" (${definitions.join(', ')})`,
    `INSERT INTO "${schema}"."${name}" VALUES ${rows.join(', ')}`,
  ];
}

function literal(text: string | null): string {
  return text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`;
}
