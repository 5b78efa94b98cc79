import * as assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { SqlError } from '../../src';
import type { QueryResult } from '../../src';
import { CannedEngine } from '../../src/engine/canned-engine';
import { typeText } from '../../src/engine/types';
import type { Value } from '../../src/engine/types';

const engine = new CannedEngine();
const { signal } = new AbortController();

function execute(sql: string): QueryResult {
  return engine.execute({ sql, parameters: [], catalog: 'main', schema: 'default', signal });
}

/** Column names, their types and all rows. */
function result(sql: string): { names: string[]; types: string[]; rows: Value[][] } {
  const outcome = execute(sql);
  assert.ok(outcome.kind === 'rows');
  const { columns, rowCount } = outcome.relation;
  const values = outcome.relation.read(0, rowCount);
  return {
    names: columns.map(({ name }) => name),
    types: columns.map(({ type }) => typeText(type)),
    rows: Array.from({ length: rowCount }, (_, row) => values.map((cells) => cells[row] ?? null)),
  };
}

/** Condition and SQLSTATE of the failure, empty when there is none. */
function failure(sql: string): [condition: string, sqlState: string] {
  try {
    execute(sql);
  } catch (error) {
    if (error instanceof SqlError) return [error.condition, error.sqlState];
    throw error;
  }
  return ['', ''];
}

describe('canned engine', () => {
  it('types constants as SQL does', () => {
    assert.deepStrictEqual(
      result(
        "SELECT 1 AS a, -3000000000 b, 1.50, 'it''s, (x)' AS `c d`, true, NULL n, DATE '2026-01-02' -- end",
      ),
      {
        names: ['a', 'b', '1.50', 'c d', 'true', 'n', "DATE '2026-01-02'"],
        types: ['INT', 'BIGINT', 'DECIMAL(3,2)', 'STRING', 'BOOLEAN', 'VOID', 'DATE'],
        rows: [[1, -3_000_000_000n, '1.50', "it's, (x)", true, null, '2026-01-02']],
      },
    );
  });

  it('reads tables by names of one to three parts', () => {
    assert.strictEqual(result('SELECT * FROM main.sales.orders').rows.length, 200);
    assert.strictEqual(result('select * from `sales`.`customers`;').rows.length, 50);
    assert.deepStrictEqual(result('SELECT name, customer_id FROM sales.customers LIMIT 1').rows, [
      ['Customer 1', 1n],
    ]);
    assert.deepStrictEqual(result('SELECT count(*) FROM sales.orders WHERE x = 1').rows, [[200n]]);
  });

  it('has tables of constants', () => {
    const values = result("FROM VALUES (1, 'a'), (2, NULL)");
    assert.deepStrictEqual(values.rows, [
      [1, 'a'],
      [2, null],
    ]);
    assert.deepStrictEqual(values.names, ['col1', 'col2']);
    const named = result("SELECT y FROM VALUES (1, 'a'), (2, 'b, c') AS t(x, y) LIMIT 1");
    assert.deepStrictEqual(named.rows, [['a']]);
    assert.deepStrictEqual(named.names, ['y']);
    assert.deepStrictEqual(result('SELECT * FROM VALUES 1, 2').rows, [[1], [2]]);
  });

  it('has no result for DDL and one row for changes', () => {
    assert.deepStrictEqual(execute('CREATE TABLE t (a INT)'), { kind: 'done' });
    assert.deepStrictEqual(result('/* why */ INSERT INTO t VALUES (1)').rows, [[1n, 1n]]);
    assert.deepStrictEqual(execute('USE main.sales'), {
      kind: 'use',
      catalog: 'main',
      schema: 'sales',
    });
  });

  it('shows and describes its catalog', () => {
    assert.deepStrictEqual(result('SHOW CATALOGS').rows, [['main'], ['samples']]);
    assert.deepStrictEqual(
      result("SHOW TABLES IN CATALOG `main` SCHEMA LIKE 'sales' LIKE 'o*'").rows.length,
      2,
    );
    assert.deepStrictEqual(result('DESCRIBE TABLE sales.customers').rows[0], [
      'customer_id',
      'bigint',
      null,
    ]);
  });

  it('fails with a condition and its SQLSTATE, never otherwise', () => {
    assert.deepStrictEqual(failure('SELEC 1'), ['PARSE_SYNTAX_ERROR', '42601']);
    assert.deepStrictEqual(failure('SELECT * FROM gone'), ['TABLE_OR_VIEW_NOT_FOUND', '42P01']);
    assert.deepStrictEqual(failure('SELECT :a'), ['UNBOUND_SQL_PARAMETER', '42P02']);
    assert.deepStrictEqual(failure('SELECT a'), ['UNRESOLVED_COLUMN.WITHOUT_SUGGESTION', '42703']);
    fc.assert(
      fc.property(
        fc.constantFrom('', 'SELECT ', 'SHOW ', 'USE ', 'SELECT 1 FROM '),
        fc.string(),
        (start, rest) => {
          failure(start + rest);
        },
      ),
      { numRuns: 300 },
    );
  });
});
