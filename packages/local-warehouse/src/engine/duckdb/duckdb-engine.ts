import { textValue } from '../../results/text';
import { CATALOG_SCHEMAS, CATALOG_TABLES, type CatalogTable, DEFAULT_CATALOG } from '../catalog';
import { CannedEngine } from '../canned-engine';
import { type Engine, type Query, type QueryResult, SqlError } from '../engine';
import { changedRows } from '../data-change';
import { column } from '../relation';
import { type Relation, typeText } from '../types';
import { translate } from './dialect';
import { sqlError } from './errors';
import {
  type DuckDbConnection,
  type DuckDbInstance,
  type DuckDbResult,
  loadDuckDb,
  RETURN_TYPES,
} from './module';
import { columnValues, dataType } from './values';

/** Statements about the catalog, which the canned engine knows better. */
const CATALOG_STATEMENT = /^\s*(?:show|use)\b/i;

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
    for (const statement of sampleData()) await connection.run(statement);
    connection.closeSync();
    return new DuckDbEngine(instance);
  }

  async execute(query: Query): Promise<QueryResult> {
    if (CATALOG_STATEMENT.test(query.sql)) return this.#canned.execute(query);
    const { sql, values, unbound } = translate(query.sql, query.parameters);
    if (unbound.length > 0) {
      throw new SqlError(
        'UNBOUND_SQL_PARAMETER',
        '42P02',
        `Found the unbound parameter: ${unbound[0]}.`,
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
    columns,
    rowCount: data[0]?.length ?? 0,
    read: (from, to) =>
      columns.map(({ type }, index) => columnValues(type, (data[index] ?? []).slice(from, to))),
  };
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
