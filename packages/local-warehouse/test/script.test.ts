import * as assert from 'node:assert/strict';
import { column, table } from '../src';
import { connect } from './support/driver';
import type { Connected } from './support/driver';

describe('scripts', () => {
  let connected: Connected;
  before(async () => {
    connected = await connect();
  });
  afterEach(() => {
    connected.warehouse.reset();
    connected.warehouse.clearLogs();
  });
  after(() => connected.close());

  async function rows(sql: string): Promise<object[]> {
    const operation = await connected.session.executeStatement(sql);
    try {
      return await operation.fetchAll();
    } finally {
      await operation.close();
    }
  }

  it('apply so many times, the latest first, and end when removed', async () => {
    const { warehouse } = connected;
    const two = { relation: table([column('n', 'INT')], [[2]]) };
    const three = { relation: table([column('n', 'INT')], [[3]]) };
    const first = warehouse.script('AS n', two);
    const second = warehouse.script(/\bn$/, three, 1);
    assert.deepStrictEqual(await rows('SELECT 1 AS n'), [{ n: 3 }]);
    assert.deepStrictEqual(await rows('SELECT 1 AS n'), [{ n: 2 }]);
    first.remove();
    assert.deepStrictEqual(await rows('SELECT 1 AS n'), [{ n: 1 }]);
    assert.deepStrictEqual([first.hits, second.hits], [1, 1]);
  });

  it('let a statement go on when released', async () => {
    const script = connected.warehouse.script('waiting', { polls: Infinity });
    const found = rows("SELECT 'waiting' AS w");
    await connected.warehouse.received('GetOperationStatus');
    script.release();
    assert.deepStrictEqual(await found, [{ w: 'waiting' }]);
  });

  it('hold for metadata calls by their name', async () => {
    connected.warehouse.script('GetTables', { polls: 2 });
    const operation = await connected.session.getTables();
    assert.strictEqual((await operation.fetchAll()).length, 3);
    const [statement] = connected.warehouse.statements;
    assert.strictEqual(statement?.operation, 'GetTables');
    assert.strictEqual(statement.polls, 2);
  });

  it('repeat a small result to fill the chunks, or cut it to size', async () => {
    const repeated = await rows("SELECT 'x' AS x /* local-warehouse: cloudfetch=20 */");
    assert.strictEqual(repeated.length, 2000);
    assert.deepStrictEqual(await rows('SELECT * FROM range(9) /* local-warehouse: rows=2 */'), [
      { id: 0 },
      { id: 1 },
    ]);
  });

  it('fail at the page that is named', async () => {
    const sql =
      'SELECT * FROM range(100) /* local-warehouse: columnar=4 error=fetch@2:BROKEN:58030 */';
    const operation = await connected.session.executeStatement(sql);
    await operation.fetchChunk({ maxRows: 25 });
    await operation.fetchChunk({ maxRows: 25 });
    await assert.rejects(operation.fetchChunk({ maxRows: 25 }), {
      message: /^Error running query: \[BROKEN\] org\.apache\.spark\.SparkException: \[BROKEN\]/,
    });
    assert.strictEqual(connected.warehouse.statements[0]?.rowsServed, 50);
  });

  it('give links whose time is over', async () => {
    connected.warehouse.script('range', {
      format: 'cloudfetch',
      chunks: 2,
      error: { at: 'download', index: 1, download: 'expired' },
    });
    await assert.rejects(rows('SELECT * FROM range(10)'), /link has expired/);
    assert.strictEqual(connected.warehouse.requestsTo('storage').length, 1);
  });

  it('leave the operation open', async () => {
    await rows('SELECT 1 /* local-warehouse: close=off */');
    await rows('SELECT 1 /* local-warehouse: direct=off */');
    const names = connected.warehouse.requests.map(({ name }) => name);
    assert.deepStrictEqual(names, [
      'ExecuteStatement',
      'CloseOperation',
      'ExecuteStatement',
      'GetOperationStatus',
      'GetResultSetMetadata',
      'FetchResults',
      'CloseOperation',
    ]);
  });

  it('keep to the number of rows that the client asks for', async () => {
    const operation = await connected.session.executeStatement(
      'SELECT * FROM range(100) /* local-warehouse: columnar */',
      { maxRows: 10 },
    );
    assert.strictEqual((await operation.fetchAll({ maxRows: 30 })).length, 100);
    const served = connected.warehouse.requestsTo('FetchResults').map(({ args }) => args);
    assert.ok(served.length >= 3);
    await operation.close();
  });
});
