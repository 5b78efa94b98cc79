import * as assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { ProviderEnd } from '../src/ends/provider';

const APPLICATION = path.resolve(__dirname, '../src/ends/provider.js');
/** A process that is held is killed, which fails the test. */
const HELD_MS = 60_000;

const ENDS: readonly ProviderEnd[] = [
  { provider: 'hangs', client: 'closed' },
  { provider: 'hangs', client: 'open' },
  { provider: 'hangs', client: 'broken' },
  { provider: 'rejects', client: 'open' },
  { provider: 'rejects', client: 'broken' },
  { provider: 'throws', client: 'closed' },
];

describe('an auth provider that fails at the end of the process', function () {
  this.timeout(3 * HELD_MS);

  let warehouse: LocalWarehouse;
  before(async () => {
    warehouse = await LocalWarehouse.start();
  });
  after(() => warehouse.stop());
  afterEach(() => {
    warehouse.reset();
    warehouse.clearLogs();
  });

  async function run(kind: 'bare' | 'traced', end: ProviderEnd): Promise<string> {
    const connection = JSON.stringify(warehouse.connectionOptions());
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [APPLICATION, kind, connection, JSON.stringify(end)],
      { timeout: HELD_MS },
    );
    return stdout + stderr;
  }

  /** Without the driver's own telemetry, which asks as well. */
  async function runBare(end: ProviderEnd): Promise<string> {
    warehouse.flag.enabled = false;
    const output = await run('bare', end);
    warehouse.flag.enabled = true;
    warehouse.clearLogs();
    return output;
  }

  for (const end of ENDS) {
    const title = `provider ${end.provider}, client ${end.client}`;

    it(`${title}: the driver alone asks it, and the records are delivered`, async () => {
      const bare = await runBare(end);
      assert.equal(await run('traced', end), bare);
      const delivered = warehouse.telemetry.flatMap(({ accepted }) => accepted);
      assert.ok(delivered.length >= 2, `${delivered.length} records`);
      assert.deepEqual(
        new Set(warehouse.telemetry.map((post) => post.path)),
        new Set(['/telemetry-ext']),
      );
    });

    if (end.provider !== 'hangs') continue;
    it(`${title}: the driver alone asks it when the workspace refuses the credentials once`, async () => {
      const bare = await runBare(end);
      warehouse.fault({ match: 'telemetry', status: 401, times: 1 });
      assert.equal(await run('traced', end), bare);
      assert.ok(warehouse.telemetry.some(({ accepted }) => accepted.length > 0));
    });
  }
});
