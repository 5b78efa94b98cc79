import assert from 'node:assert/strict';
import { DuckDbEngine } from '../../src';
import type { Value } from '../../src';
import { translate } from '../../src/engine/duckdb/dialect';
import { duckDbIsInstalled } from '../support/duckdb';

describe('Spark SQL on DuckDB', () => {
  let engine: DuckDbEngine;
  before(async function () {
    if (!duckDbIsInstalled()) this.skip();
    engine = await DuckDbEngine.create();
  });
  after(() => engine?.close());

  async function rows(sql: string): Promise<Record<string, Value>[]> {
    const result = await engine.execute({
      sql,
      parameters: [],
      catalog: 'main',
      schema: 'default',
      signal: new AbortController().signal,
    });
    if (result.kind !== 'rows') return [];
    const { columns, rowCount } = result.relation;
    const values = result.relation.read(0, rowCount);
    return Array.from({ length: rowCount }, (_, row) =>
      Object.fromEntries(columns.map(({ name }, index) => [name, values[index]?.[row] ?? null])),
    );
  }

  const CASES: readonly [string, Record<string, Value>[]][] = [
    ["SELECT array(1, 2) AS a, ARRAY('x', 'y')[1] AS x", [{ a: [1, 2], x: 'x' }]],
    [
      "SELECT map('k', 1, 'l', 2) AS m",
      [
        {
          m: [
            ['k', 1],
            ['l', 2],
          ],
        },
      ],
    ],
    [
      "SELECT struct(1 AS x, 'y') AS s, named_struct('q', array(1)) AS n",
      [{ s: { x: 1, col2: 'y' }, n: { q: [1] } }],
    ],
    ["SELECT X'4a4B' AS b", [{ b: Buffer.from('JK') }]],
    [
      "SELECT INTERVAL '1 02:03:04.5' DAY TO SECOND AS a, INTERVAL '-1 02' DAY TO HOUR AS b",
      [{ a: '1 02:03:04.500000000', b: '-1 02:00:00.000000000' }],
    ],
    [
      "SELECT INTERVAL '3' day AS a, INTERVAL '1-2' YEAR TO MONTH AS b, INTERVAL 26 HOURS AS c",
      [{ a: '3 00:00:00.000000000', b: '1-2', c: '1 02:00:00.000000000' }],
    ],
    [
      'SELECT * FROM range(0, 2) AS t1 LEFT JOIN (SELECT 1 AS one) AS t2',
      [
        { id: 0n, one: 1 },
        { id: 1n, one: 1 },
      ],
    ],
    ['SELECT count(*) AS c FROM sales.orders o JOIN sales.customers LIMIT 1', [{ c: 10_000n }]],
    [
      'SELECT a.id FROM range(3) AS a LEFT JOIN range(1, 2) b ON a.id = b.id WHERE b.id IS NULL ORDER BY 1',
      [{ id: 0n }, { id: 2n }],
    ],
    [
      "FROM VALUES (1, 'a'), (2, 'b')",
      [
        { col1: 1, col2: 'a' },
        { col1: 2, col2: 'b' },
      ],
    ],
    ["SELECT y FROM VALUES (1, 'a') AS t(x, y)", [{ y: 'a' }]],
    ['SELECT col1 FROM VALUES 1, 2 WHERE col1 > 1', [{ col1: 2 }]],
    [
      String.raw`SELECT 'it\'s' AS a, "dq" AS b, r'\n' AS c, 'it''s' AS d`,
      [{ a: "it's", b: 'dq', c: String.raw`\n`, d: "it's" }],
    ],
    ['SELECT 10 DIV 3 AS a, 5L AS b, 1.5BD AS c, 2D AS d', [{ a: 3, b: 5, c: '1.5', d: 2 }]],
    [
      "SELECT CAST('1' AS STRING) AS a, CAST(array(1) AS array<bigint>) AS b, timestamp FROM (SELECT 1 AS timestamp)",
      [{ a: '1', b: [1n], timestamp: 1 }],
    ],
    ["SELECT 1 AS `a b` -- it's a comment with :name and ?", [{ 'a b': 1 }]],
    ["SELECT ':x ?' AS a /* :x */", [{ a: ':x ?' }]],
    [
      'DESCRIBE sales.customers',
      [
        { col_name: 'customer_id', data_type: 'bigint', comment: null },
        { col_name: 'name', data_type: 'string', comment: null },
        { col_name: 'region', data_type: 'string', comment: null },
        { col_name: 'active', data_type: 'boolean', comment: null },
      ],
    ],
  ];
  for (const [sql, expected] of CASES) {
    it(`runs ${sql}`, async () => {
      assert.deepEqual(await rows(sql), expected);
    });
  }

  it('keeps tables of nested types, whose fields are no parameters', async () => {
    await rows(`CREATE TABLE main.default.nested (
      id INT COMMENT 'the id', s struct<a:int, b string, c:array<map<string,decimal(5,3)>>>,
      m map<string, array<int>>, ts timestamp, i interval day to second, d decimal(3, 2)
    ) USING DELTA COMMENT 'nested' TBLPROPERTIES ('delta.appendOnly' = 'true')`);
    const types = (await rows('DESCRIBE TABLE nested')).map((row) => row['data_type']);
    assert.deepEqual(types, [
      'int',
      'struct<a:int,b:string,c:array<map<string,decimal(5,3)>>>',
      'map<string,array<int>>',
      'timestamp',
      'interval day to second',
      'decimal(3,2)',
    ]);
    await rows(`INSERT INTO TABLE nested VALUES (1, named_struct('a', 1, 'b', 'x', 'c', array(map('k', 1.5))),
      map('q', array(1)), TIMESTAMP '2026-01-02 03:04:05', INTERVAL '1' DAY, 1.25)`);
    assert.deepEqual(await rows('SELECT s, m, d FROM default.nested'), [
      { s: { a: 1, b: 'x', c: [[['k', '1.500']]] }, m: [['q', [1]]], d: '1.25' },
    ]);
  });

  it('computes the rows of a long range when they are read', async () => {
    const result = await engine.execute({
      sql: 'SELECT * FROM range(100000000)',
      parameters: [],
      catalog: 'main',
      schema: 'default',
      signal: new AbortController().signal,
    });
    assert.ok(result.kind === 'rows');
    assert.equal(result.relation.rowCount, 100_000_000);
    assert.deepEqual(Array.from(result.relation.read(99_999_998, 100_000_000)[0] ?? []), [
      99_999_998n,
      99_999_999n,
    ]);
  });

  it('binds parameters by name and by position, NULL included', () => {
    const named = translate('SELECT :a, CAST(x AS struct<a:int>), `:a`, :b', [
      { name: 'a', type: 'STRING', value: 'x' },
      { name: 'b', type: 'TIMESTAMP', value: null },
    ]);
    assert.equal(
      named.sql,
      'SELECT CAST($1 AS VARCHAR), CAST(x  AS STRUCT("a" INT)), ":a", CAST($2 AS TIMESTAMPTZ)',
    );
    assert.deepEqual(named.values, ['x', null]);
    assert.equal(
      translate('SELECT ?, ?', [{ name: undefined, type: 'INT', value: '1' }]).unbound,
      '_1',
    );
  });
});
