import * as assert from 'node:assert/strict';
import { once } from 'node:events';
import * as http from 'node:http';
import type { Socket } from 'node:net';
import { LocalWarehouse, STORAGE_HOST, WORKSPACE_HOST } from '../../src';
import { runProxied } from '../support/child-process';

/** The status that the proxy answers a CONNECT with. */
async function connectStatus(
  { port }: LocalWarehouse,
  headers: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const path = `${WORKSPACE_HOST}:443`;
  const request = http.request({ host: '127.0.0.1', port, method: 'CONNECT', path, headers });
  request.end();
  const [response, socket] = (await once(request, 'connect')) as [http.IncomingMessage, Socket];
  socket.destroy();
  return response.statusCode;
}

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

  it('refuses a tunnel as a fault rule says', async () => {
    warehouse.fault({ match: 'proxy', status: 502, times: 1 });
    assert.strictEqual(await connectStatus(warehouse), 502);
    assert.strictEqual(await connectStatus(warehouse), 200);
  });

  it('asks for its credentials', async () => {
    const proxyCredentials = { username: 'proxy-user', password: 'proxy-password' };
    const guarded = await LocalWarehouse.start({ proxyCredentials });
    const basic = Buffer.from('proxy-user:proxy-password').toString('base64');
    try {
      assert.strictEqual(await connectStatus(guarded), 407);
      assert.strictEqual(
        await connectStatus(guarded, { 'proxy-authorization': `Basic ${basic}` }),
        200,
      );
      assert.deepStrictEqual(guarded.proxiedConnectionOptions().proxy.auth, proxyCredentials);
    } finally {
      await guarded.stop();
    }
  });
});
