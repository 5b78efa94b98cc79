import * as assert from 'node:assert';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { LocalWarehouse, STORAGE_HOST, WORKSPACE_HOST } from '../../src';

const PROGRAM = path.join(__dirname, '..', 'support', 'proxied-client.js');

describe('CONNECT proxy', () => {
  it("lets the driver's own telemetry be seen", async () => {
    const warehouse = await LocalWarehouse.start();
    const directory = await mkdtemp(path.join(tmpdir(), 'local-warehouse-'));
    const authorityFile = path.join(directory, 'ca.pem');
    await writeFile(authorityFile, warehouse.authority.certificate);
    try {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [PROGRAM, JSON.stringify(warehouse.proxiedConnectionOptions())],
        { env: { ...process.env, NODE_EXTRA_CA_CERTS: authorityFile } },
      );
      assert.strictEqual(stdout, '1000');
      assert.strictEqual(warehouse.requestsTo('feature-flags').length, 1);
      const post = await warehouse.nextTelemetry();
      assert.strictEqual(post.path, '/telemetry-ext');
      assert.ok(post.accepted.length > 0);
      const hosts = new Set(warehouse.requestsTo('proxy').map(({ host }) => host));
      assert.deepStrictEqual(hosts, new Set([`${WORKSPACE_HOST}:443`, `${STORAGE_HOST}:443`]));
      assert.strictEqual(warehouse.requestsTo('storage').length, 20);
    } finally {
      await warehouse.stop();
      await rm(directory, { recursive: true });
    }
  });
});
