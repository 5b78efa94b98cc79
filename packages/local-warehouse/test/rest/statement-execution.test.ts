import * as assert from 'node:assert/strict';
import type { DBSQLClient } from '@databricks/sql';
import type IDBSQLSession from '@databricks/sql/dist/contracts/IDBSQLSession';
import { LocalWarehouse } from '../../src';
import { ALL_TYPES, comparable, NATIVE_RECORD, NULL_RECORD } from '../support/all-types';
import { quietClient } from '../support/driver';

/** The native kernel is an optional dependency of the driver: it is not there on every platform. */
function kernelIsInstalled(): boolean {
  try {
    require.resolve(`@databricks/databricks-sql-kernel-${process.platform}-${process.arch}-gnu`);
    return true;
  } catch {
    return false;
  }
}

describe('Statement Execution API, with the native kernel', () => {
  let warehouse: LocalWarehouse;
  let client: DBSQLClient;
  let session: IDBSQLSession;

  before(async function () {
    if (!kernelIsInstalled()) this.skip();
    warehouse = await LocalWarehouse.start();
    client = quietClient();
    await client.connect(warehouse.kernelConnectionOptions());
    session = await client.openSession();
  });
  afterEach(() => {
    warehouse?.clearLogs();
    warehouse?.reset();
  });
  after(async () => {
    await client?.close();
    await warehouse?.stop();
  });

  async function rows(sql: string): Promise<object[]> {
    const operation = await session.executeStatement(sql);
    try {
      return await operation.fetchAll();
    } finally {
      await operation.close();
    }
  }

  // With four pages the native kernel itself loses the last one in 7 of 100 runs, though it was answered in full.
  for (const format of [
    'arrow=4 lz4=off',
    'arrow=4',
    'cloudfetch=20 pages=2 lz4=off',
    'cloudfetch=20 pages=2',
  ]) {
    it(`serves range(1000) as ${format}`, async () => {
      const found = await rows(`SELECT * FROM range(1000) /* local-warehouse: ${format} */`);
      assert.deepStrictEqual(
        found,
        Array.from({ length: 1000 }, (_, id) => ({ id })),
      );
      const [statement] = warehouse.statements;
      assert.strictEqual(statement?.rowsServed, 1000);
      assert.strictEqual(statement.chunksServed, format.startsWith('arrow') ? 4 : 20);
    });
  }

  for (const format of ['arrow=2', 'cloudfetch=2 lz4=off']) {
    it(`serves every type as ${format}`, async () => {
      warehouse.script('all types', { relation: ALL_TYPES });
      const found = await rows(`SELECT 'all types' /* local-warehouse: ${format} */`);
      assert.deepStrictEqual(found.map(comparable), [
        NATIVE_RECORD,
        NULL_RECORD,
        NATIVE_RECORD,
        NULL_RECORD,
        NULL_RECORD,
      ]);
    });
  }

  it('is polled until the statement is done', async () => {
    assert.deepStrictEqual(await rows('SELECT 1 AS one /* local-warehouse: polls=3 */'), [
      { one: 1 },
    ]);
    assert.ok(warehouse.requestsTo('GetStatement').length >= 3);
  });

  it('has no result for DDL', async () => {
    assert.deepStrictEqual(await rows('CREATE TABLE t (a INT)'), []);
  });

  it('gives errors their SQLSTATE', async () => {
    await assert.rejects(rows('SELECT * FROM missing'), { sqlState: '42P01' });
    await assert.rejects(rows('SELECT 1 /* local-warehouse: error=submit:A:42000 */'), /\[A\]/);
    await assert.rejects(rows('SELECT 1 /* local-warehouse: error=poll:A:42000 */'), {
      sqlState: '42000',
    });
    warehouse.script('lost', {
      format: 'cloudfetch',
      chunks: 2,
      error: { at: 'download', download: 404 },
    });
    await assert.rejects(rows("SELECT 'lost'"), /HTTP 404/);
  });

  it('binds parameters', async () => {
    const operation = await session.executeStatement('SELECT :a AS a', {
      namedParameters: { a: 5 },
    });
    assert.deepStrictEqual(await operation.fetchAll(), [{ a: 5 }]);
  });

  it('runs a statement until it is cancelled', async () => {
    const sql = 'SELECT 1 /* local-warehouse: polls=forever */';
    const operation = await session.executeStatement(sql, { runAsync: true });
    const fetched = assert.rejects(operation.fetchAll(), { errorCode: 'CANCELED' });
    await warehouse.received('GetStatement');
    await operation.cancel();
    await fetched;
    assert.strictEqual(warehouse.statements[0]?.state, 'CANCELED');
  });

  it('answers the metadata calls', async () => {
    const schema = { catalogName: 'main', schemaName: 'sales' };
    const lengths = await Promise.all([
      session.getCatalogs().then((operation) => operation.fetchAll()),
      session.getSchemas({ catalogName: 'main' }).then((operation) => operation.fetchAll()),
      session.getTables({ ...schema, tableName: 'o%' }).then((operation) => operation.fetchAll()),
      session
        .getColumns({ ...schema, tableName: 'orders' })
        .then((operation) => operation.fetchAll()),
      session
        .getFunctions({ ...schema, functionName: '%' })
        .then((operation) => operation.fetchAll()),
      session
        .getPrimaryKeys({ ...schema, tableName: 'orders' })
        .then((operation) => operation.fetchAll()),
      session
        .getCrossReference({
          parentCatalogName: 'main',
          parentSchemaName: 'sales',
          parentTableName: 'customers',
          foreignCatalogName: 'main',
          foreignSchemaName: 'sales',
          foreignTableName: 'orders',
        })
        .then((operation) => operation.fetchAll()),
    ]);
    assert.deepStrictEqual(
      lengths.map(({ length }) => length),
      [2, 2, 2, 6, 1, 1, 1],
    );
  });
});
