import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { instructions } from '../../src/cli/instructions';
import { parseOptions } from '../../src/cli/options';
import { quietClient } from '../support/driver';

const MAIN = join(__dirname, '../../src/cli/main.js');

describe('local-warehouse', () => {
  it('reads its arguments', () => {
    assert.deepEqual(parseOptions([]), {
      engine: 'canned',
      port: 8443,
      controlPort: 8444,
      caFile: undefined,
      json: false,
    });
    assert.deepEqual(
      parseOptions(['--engine', 'duckdb', '--port', '0', '--control-port=1', '--json']),
      { engine: 'duckdb', port: 0, controlPort: 1, caFile: undefined, json: true },
    );
    assert.equal(parseOptions(['--help']), 'help');
  });

  for (const wrong of [['--engine', 'spark'], ['--port', '70000'], ['--port', 'x'], ['--what']]) {
    it(`refuses ${wrong.join(' ')}`, () => {
      const options = parseOptions(wrong);
      assert.ok(typeof options === 'object' && 'error' in options);
    });
  }

  it('prints how to connect with each driver', () => {
    const text = instructions({
      port: 8443,
      httpPath: '/sql/1.0/warehouses/abc?o=1',
      warehouseId: 'abc',
      token: 'dapi1',
      caFile: '/tmp/ca.pem',
      controlUrl: 'http://127.0.0.1:8444',
    });
    for (const title of ['Node.js', 'Python', 'JDBC', 'Go']) {
      assert.match(text, new RegExp(`^${title}$`, 'm'));
    }
    assert.match(text, /jdbc:databricks:\/\/127\.0\.0\.1:8443\//);
  });

  describe('as a process', () => {
    let child: ChildProcess;
    afterEach(() => child.kill('SIGKILL'));

    async function start(): Promise<Record<string, string>> {
      child = spawn(process.execPath, [MAIN, '--port=0', '--control-port=0', '--json'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      assert.ok(child.stdout);
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      return JSON.parse(line.toString('utf8')) as Record<string, string>;
    }

    it('serves the driver until it is stopped', async () => {
      const running = await start();
      const client = quietClient();
      await client.connect({
        host: '127.0.0.1',
        port: Number(running['port']),
        path: running['httpPath'] ?? '',
        token: running['token'] ?? '',
        checkServerCertificate: false,
      });
      const session = await client.openSession();
      const operation = await session.executeStatement('SELECT 1 AS a');
      assert.deepEqual(await operation.fetchAll(), [{ a: 1 }]);
      await client.close();
      const response = await fetch(`${running['controlUrl']}/statements`);
      assert.equal(((await response.json()) as unknown[]).length, 1);
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      assert.deepEqual(await exited, [0, null]);
      assert.equal(existsSync(running['caFile'] ?? ''), false);
    });
  });
});
