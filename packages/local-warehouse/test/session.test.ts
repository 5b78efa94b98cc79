import * as assert from 'node:assert/strict';
import { connect } from './support/driver';
import type { Connected } from './support/driver';

describe('sessions', () => {
  let connected: Connected;
  beforeEach(async () => {
    connected = await connect();
  });
  afterEach(() => connected.close());

  it('are gone once they expired', async () => {
    const { client, session, warehouse } = connected;
    const operation = await session.executeStatement('SELECT 1 /* local-warehouse: polls=2 */');
    warehouse.expireSessions();
    assert.strictEqual(warehouse.openSessions, 0);
    await assert.rejects(session.executeStatement('SELECT 1'), {
      message: /Invalid SessionHandle/,
    });
    await assert.rejects(operation.fetchAll(), { message: /Invalid OperationHandle/ });
    await assert.rejects(client.close());
  });

  it('keep the catalog and schema that USE names', async () => {
    const { session } = connected;
    await session.executeStatement('USE CATALOG main');
    await session.executeStatement('USE SCHEMA sales');
    const operation = await session.executeStatement('SELECT * FROM orders LIMIT 3');
    assert.strictEqual((await operation.fetchAll()).length, 3);
  });

  it('begin in the catalog and schema that the client asks for', async () => {
    const session = await connected.client.openSession({
      initialCatalog: 'main',
      initialSchema: 'sales',
    });
    const operation = await session.executeStatement('SELECT * FROM orders LIMIT 3');
    assert.strictEqual((await operation.fetchAll()).length, 3);
  });
});
