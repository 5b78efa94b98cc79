import assert from 'node:assert/strict';
import { restore, spy } from 'sinon';
import { TestBed } from '../support/test-bed';

describe('a client that is connected again', () => {
  let bed: TestBed;

  before(async () => {
    bed = await TestBed.start();
  });
  after(() => bed.stop());
  afterEach(() => restore());

  it('is registered once for its collection, also when a connect fails', async () => {
    const register = spy(FinalizationRegistry.prototype, 'register');
    const client = await bed.connect();
    for (let time = 0; time < 5; time += 1) {
      await client.connect({ ...bed.warehouse.connectionOptions(), telemetryEnabled: false });
      await assert.rejects(client.connect(undefined as never));
    }
    const registered = register.getCalls().filter(({ args }) => args[0] === client);
    assert.equal(registered.length, 1);
    const connections = registered[0]?.args[1] as Set<unknown>;
    assert.equal(connections.size, 1, 'only the last connection is kept');
    await client.close();
  });

  it('keeps the connections whose statements are open', async () => {
    const register = spy(FinalizationRegistry.prototype, 'register');
    const client = await bed.connect();
    const session = await client.openSession();
    const operation = await session.executeStatement(
      'SELECT 1 /* local-warehouse: polls=forever */',
    );
    await client.connect({ ...bed.warehouse.connectionOptions(), telemetryEnabled: false });
    const [connections] = register
      .getCalls()
      .filter(({ args }) => args[0] === client)
      .map(({ args }) => args[1] as Set<unknown>);
    assert.equal(connections?.size, 2);
    await operation.cancel();
    await session.close();
    await client.close();
  });
});
