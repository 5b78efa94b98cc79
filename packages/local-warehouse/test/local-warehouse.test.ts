import * as assert from 'node:assert/strict';
import { LocalWarehouse } from '../src';
import { connect, quietClient } from './support/driver';
import type { Connected } from './support/driver';

describe('LocalWarehouse', () => {
  let connected: Connected;
  beforeEach(async () => {
    connected = await connect();
  });
  afterEach(() => connected.close());

  async function rows(sql: string): Promise<object[]> {
    const operation = await connected.session.executeStatement(sql);
    try {
      return await operation.fetchAll();
    } finally {
      await operation.close();
    }
  }

  it('answers a one-row query in a single round trip', async () => {
    assert.deepStrictEqual(await rows('SELECT 1 AS one'), [{ one: 1 }]);
    const names = connected.warehouse.requests.map(({ name }) => name);
    assert.deepStrictEqual(names, ['OpenSession', 'ExecuteStatement']);
  });

  it('logs the decoded arguments', async () => {
    await rows('SELECT 1 AS one');
    const [request] = connected.warehouse.requestsTo('ExecuteStatement');
    assert.strictEqual(request?.statement, 'SELECT 1 AS one');
    assert.strictEqual(request.sessionId, connected.session.id);
    assert.strictEqual(request.tenant, LocalWarehouse.DEFAULT_TENANT);
    assert.strictEqual(request.outcome, 'answered');
    assert.ok(request.bytesServed > 0);
  });

  for (const format of [
    'columnar=4',
    'arrow=10 pages=5',
    'arrow=10 lz4',
    'cloudfetch=20 pages=4',
    'cloudfetch=5 lz4',
  ]) {
    it(`serves range(1000) as ${format}`, async () => {
      const found = await rows(`SELECT * FROM range(1000) /* local-warehouse: ${format} */`);
      assert.deepStrictEqual(
        found,
        Array.from({ length: 1000 }, (_, id) => ({ id })),
      );
    });
  }

  it('knows how many files and bytes a CloudFetch result took', async () => {
    await rows('SELECT * FROM range(1000) /* local-warehouse: cloudfetch=20 pages=4 */');
    const [statement] = connected.warehouse.statements;
    const downloads = connected.warehouse.requestsTo('storage');
    assert.strictEqual(statement?.chunksServed, 20);
    assert.strictEqual(statement.rowsServed, 1000);
    assert.strictEqual(statement.pagesServed, 4);
    assert.strictEqual(downloads.length, 20);
    assert.strictEqual(
      statement.bytesServed,
      downloads.reduce((sum, { bytesServed }) => sum + bytesServed, 0),
    );
    assert.ok(downloads.every(({ query }) => query.has('X-Amz-Signature')));
  });

  it('is polled as often as scripted', async () => {
    connected.warehouse.script('slow', { polls: 3 });
    await rows("SELECT 'slow'");
    const statuses = connected.warehouse.requestsTo('GetOperationStatus');
    assert.strictEqual(statuses.length, 3);
    assert.strictEqual(connected.warehouse.statements[0]?.polls, 3);
  });

  it('refuses a token it does not know', async () => {
    const client = quietClient();
    await client.connect({ ...connected.warehouse.connectionOptions(), token: 'unknown' });
    await assert.rejects(client.openSession(), /403/);
    await client.close();
  });

  it('shows a certificate that its authority vouches for', async () => {
    const client = quietClient();
    await client.connect(connected.warehouse.connectionOptions({ verifyCertificate: true }));
    const session = await client.openSession();
    await session.close();
    await client.close();
  });

  it('runs beside another one', async () => {
    const other = await connect();
    assert.notStrictEqual(other.warehouse.port, connected.warehouse.port);
    await other.close();
  });

  it('runs a statement until it is cancelled', async () => {
    const operation = await connected.session.executeStatement(
      'SELECT 1 /* local-warehouse: polls=forever */',
    );
    const fetched = assert.rejects(operation.fetchAll(), { errorCode: 'CANCELED' });
    await connected.warehouse.received('GetOperationStatus');
    await operation.cancel();
    await fetched;
    assert.strictEqual(connected.warehouse.statements[0]?.state, 'CANCELED');
  });

  for (const [place, expected] of [
    ['submit', { name: 'Status Error' }],
    ['execute', { errorCode: 'ERROR' }],
    ['poll', { errorCode: 'ERROR' }],
    ['metadata', { name: 'Status Error' }],
    ['fetch', { name: 'Status Error' }],
    ['download', { message: 'CloudFetch HTTP error 403 Forbidden' }],
  ] as const) {
    it(`fails at ${place}`, async () => {
      const sql = `SELECT * FROM range(10) /* local-warehouse: cloudfetch=2 error=${place}:DIVIDE_BY_ZERO:22012 */`;
      await assert.rejects(rows(sql), expected);
    });
  }

  it('gives SQL errors their SQLSTATE', async () => {
    await assert.rejects(
      rows('SELECT * FROM missing'),
      (error: Error & { response?: { sqlState?: string } }) => {
        assert.match(error.message, /^\[TABLE_OR_VIEW_NOT_FOUND\]/);
        assert.strictEqual(error.response?.sqlState, '42P01');
        return true;
      },
    );
  });

  it('stops with requests under way', async () => {
    connected.warehouse.fault({ match: 'ExecuteStatement', hang: 'headers' });
    const hanging = assert.rejects(connected.session.executeStatement('SELECT 1'));
    await connected.warehouse.received('ExecuteStatement');
    await connected.warehouse.stop();
    await hanging;
  });
});
