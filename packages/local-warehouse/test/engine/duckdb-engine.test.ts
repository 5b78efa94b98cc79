import * as assert from 'node:assert/strict';
import { DuckDbEngine } from '../../src';
import type { QueryResult } from '../../src';
import { connect } from '../support/driver';
import type { Connected } from '../support/driver';
import { duckDbIsInstalled } from '../support/duckdb';

describe('DuckDB engine', () => {
  let connected: Connected;
  let duckDb: DuckDbEngine;
  /** What the engine was last asked. */
  let latest: Promise<QueryResult>;
  before(async function () {
    if (!duckDbIsInstalled()) this.skip();
    duckDb = await DuckDbEngine.create();
    connected = await connect({
      engine: {
        execute: (query) => {
          latest = duckDb.execute(query);
          return latest;
        },
        close: () => duckDb.close(),
      },
    });
  });
  beforeEach(() => connected.warehouse.clearLogs());
  after(() => connected?.close());

  async function rows(
    sql: string,
    options: {
      ordinalParameters?: (string | number | null)[];
      namedParameters?: Record<string, number | string | boolean>;
    } = {},
  ): Promise<object[]> {
    const operation = await connected.session.executeStatement(sql, options);
    try {
      return await operation.fetchAll();
    } finally {
      await operation.close();
    }
  }

  it('joins, groups and sorts the sample tables', async () => {
    const sql = `SELECT c.region, count(*) AS orders, sum(o.amount) AS amount
      FROM main.sales.orders o JOIN \`main\`.\`sales\`.\`customers\` c ON o.customer_id = c.customer_id
      GROUP BY c.region ORDER BY region`;
    assert.deepStrictEqual(await rows(sql), [
      { region: 'AMER', orders: 68, amount: 33_634 },
      { region: 'APAC', orders: 64, amount: 31_647.84 },
      { region: 'EMEA', orders: 68, amount: 34_117.16 },
    ]);
  });

  it('has typed, nested and NULL values', async () => {
    const sql = `SELECT 1.50 AS d, [1, NULL] AS l, {'x': 1, 'y': ['a']} AS s, map {'k': 2} AS m, NULL AS n,
      DATE '2026-01-02' AS day, TIMESTAMP '2026-01-02 03:04:05.678' AS t, sum(9223372036854775807) AS h, 'ä' AS u`;
    assert.deepStrictEqual(await rows(sql), [
      {
        d: 1.5,
        l: [1, null],
        s: { x: 1, y: ['a'] },
        m: { k: 2 },
        n: null,
        day: new Date(Date.UTC(2026, 0, 2)),
        t: new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678)),
        h: 2 ** 63,
        u: 'ä',
      },
    ]);
  });

  it('knows range by its column id', async () => {
    assert.deepStrictEqual(await rows('SELECT sum(id) AS s FROM range(2, 5)'), [{ s: 9 }]);
    const joined = 'SELECT a.id FROM range(3) AS a JOIN range(2, 4) b ON a.id = b.id';
    assert.deepStrictEqual(await rows(joined), [{ id: 2 }]);
  });

  it('binds parameters of both kinds', async () => {
    const named = await rows("SELECT :a + 1 AS a, :b AS b, ':c' AS c", {
      namedParameters: { a: 4, b: true },
    });
    assert.deepStrictEqual(named, [{ a: 5, b: true, c: ':c' }]);
    const ordinal = await rows('SELECT ? AS a, ? AS b', { ordinalParameters: ["it's", 2] });
    assert.deepStrictEqual(ordinal, [{ a: "it's", b: 2 }]);
  });

  it('keeps what is written', async () => {
    await rows('CREATE TABLE main.sales.notes (id INT, note STRING)');
    assert.deepStrictEqual(await rows("INSERT INTO main.sales.notes VALUES (1, 'a'), (2, 'b')"), [
      { num_affected_rows: 2, num_inserted_rows: 2 },
    ]);
    await rows('USE SCHEMA sales');
    assert.deepStrictEqual(await rows('SELECT note FROM notes ORDER BY id DESC LIMIT 1'), [
      { note: 'b' },
    ]);
  });

  for (const [sql, sqlState, condition] of [
    ['SELECT * FROM missing', '42P01', 'TABLE_OR_VIEW_NOT_FOUND'],
    ['SELEC 1', '42601', 'PARSE_SYNTAX_ERROR'],
    ['SELECT missing FROM range(3)', '42703', 'UNRESOLVED_COLUMN.WITH_SUGGESTION'],
    ["SELECT CAST('x' AS INT)", '22018', 'CAST_INVALID_INPUT'],
    ['SELECT :missing', '42P02', 'UNBOUND_SQL_PARAMETER'],
  ] as const) {
    it(`fails with ${condition}`, async () => {
      await assert.rejects(
        rows(sql),
        (error: Error & { response?: { sqlState?: string } }) =>
          error.response?.sqlState === sqlState &&
          error.message.trimStart().startsWith(`[${condition}]`),
      );
    });
  }

  it('interrupts a query that is cancelled', async () => {
    const { session, warehouse } = connected;
    const operation = await session.executeStatement(
      'SELECT sum(sqrt(i)) FROM generate_series(1, 100000000000) t(i) /* local-warehouse: direct=off */',
    );
    const fetched = assert.rejects(operation.fetchAll(), { errorCode: 'CANCELED' });
    await warehouse.received('GetOperationStatus', 2);
    await operation.cancel();
    await fetched;
    await assert.rejects(latest, { condition: 'OPERATION_CANCELED' });
  });

  it('does not begin a query that is already cancelled', async () => {
    const aborted = new AbortController();
    const sql = 'SELECT sum(sqrt(i)) FROM generate_series(1, 100000000000) t(i)';
    const query = {
      sql,
      parameters: [],
      catalog: 'main',
      schema: 'default',
      signal: aborted.signal,
    };
    const running = duckDb.execute(query);
    aborted.abort('test');
    await assert.rejects(running, { condition: 'OPERATION_CANCELED' });
  });
});
