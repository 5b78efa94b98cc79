import * as assert from 'node:assert';
import { LocalWarehouse, STORAGE_HOST, WORKSPACE_HOST } from '../../src';
import { runProxied } from '../support/child-process';

describe('CONNECT proxy', () => {
  let warehouse: LocalWarehouse;
  before(async () => {
    warehouse = await LocalWarehouse.start();
  });
  after(() => warehouse.stop());

  it("lets the driver's own telemetry be seen", async () => {
    const sql = 'SELECT * FROM range(1000) /* local-warehouse: cloudfetch=20 */';
    const printed = await runProxied(warehouse, warehouse.proxiedConnectionOptions(), sql);
    assert.strictEqual(printed, '1000');
    assert.strictEqual(warehouse.requestsTo('feature-flags').length, 1);
    const post = await warehouse.nextTelemetry();
    assert.strictEqual(post.path, '/telemetry-ext');
    assert.ok(post.accepted.length > 0);
    const hosts = new Set(warehouse.requestsTo('proxy').map(({ host }) => host));
    assert.deepStrictEqual(hosts, new Set([`${WORKSPACE_HOST}:443`, `${STORAGE_HOST}:443`]));
    assert.strictEqual(warehouse.requestsTo('storage').length, 20);
  });
});
