import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { after, afterEach, before, describe, it } from 'mocha';

const REGISTER = join(__dirname, '../../src/register/register.js');
const MODULES = join(__dirname, '../../../../../node_modules');

/** Runs a statement, and then `end`. The process ends by itself, by `end` or by a signal. */
function application(end: string): string {
  return `
    const { DBSQLClient } = require(${JSON.stringify(join(MODULES, '@databricks/sql'))});
    async function main() {
      const client = new DBSQLClient({ logger: { log() {} } });
      await client.connect(JSON.parse(process.env.WAREHOUSE));
      const session = await client.openSession();
      const operation = await session.executeStatement('SELECT 1');
      await operation.fetchAll();
      ${end}
    }
    main();
  `;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

describe('register', function () {
  this.timeout(30_000);
  let warehouse: LocalWarehouse;
  let folder: string;

  before(async () => {
    warehouse = await LocalWarehouse.start();
    folder = await mkdtemp(join(tmpdir(), 'register-'));
  });
  afterEach(() => {
    warehouse.clearLogs();
  });
  after(async () => {
    await warehouse.stop();
    await rm(folder, { recursive: true });
  });

  /** @param signal sent when the program prints `ready` */
  async function run(
    flags: readonly string[],
    end: string,
    environment: NodeJS.ProcessEnv = {},
    signal?: NodeJS.Signals,
  ): Promise<Ended> {
    const file = join(folder, 'application.cjs');
    await writeFile(file, application(end));
    const child = spawn(process.execPath, [...flags, file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        DATABRICKS_TELEMETRY_ALLOW_PRIVATE_HOSTS: 'true',
        WAREHOUSE: JSON.stringify(warehouse.connectionOptions()),
        ...environment,
      },
    });
    let output = '';
    const collect = (text: Buffer): void => {
      output += text.toString();
      if (signal !== undefined && !child.killed && output.includes('ready')) child.kill(signal);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    return new Promise((resolve) => {
      child.once('close', (code, endSignal) => {
        resolve({ code, signal: endSignal, output });
      });
    });
  }

  function operations(): string[] {
    return warehouse.telemetry
      .flatMap(({ accepted }) => accepted)
      .map((log) => /"operation_type":"(\w+)"/.exec(JSON.stringify(log))?.[1] ?? '')
      .toSorted();
  }

  const CLOSE = 'await operation.close(); await session.close(); await client.close();';
  const WAIT = "setInterval(() => {}, 1_000); console.log('ready');";
  const FLAGS = {
    '--require': ['--require', REGISTER],
    '--import': ['--import', pathToFileURL(REGISTER).href],
  };

  for (const [name, flags] of Object.entries(FLAGS)) {
    it(`reports a program that is started with ${name}`, async () => {
      const { code, output } = await run(flags, CLOSE);
      assert.deepEqual([code, output], [0, '']);
      assert.deepEqual(operations(), ['CREATE_SESSION', 'DELETE_SESSION', 'EXECUTE_STATEMENT']);
    });
  }

  it('reports what is open when the program ends', async () => {
    const { code } = await run(FLAGS['--require'], 'process.exitCode = 7;');
    assert.equal(code, 7);
    assert.deepEqual(operations(), ['CREATE_SESSION', 'EXECUTE_STATEMENT']);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`reports before the program dies of ${signal}`, async () => {
      const ended = await run(FLAGS['--require'], WAIT, {}, signal);
      assert.equal(ended.signal, signal);
      assert.deepEqual(operations(), ['CREATE_SESSION', 'EXECUTE_STATEMENT']);
    });

    it(`leaves the end to the application's own handler of ${signal}`, async () => {
      const end = `
        const alive = setInterval(() => {}, 1_000);
        process.on('${signal}', async () => {
          console.log('handled', process.listenerCount('${signal}'));
          ${CLOSE}
          clearInterval(alive);
          process.exitCode = 9;
        });
        console.log('ready');`;
      const ended = await run(FLAGS['--require'], end, {}, signal);
      assert.deepEqual([ended.code, ended.signal], [9, null]);
      // It sees itself alone, as without the entry.
      assert.match(ended.output, /handled 1/);
      assert.deepEqual(operations(), ['CREATE_SESSION', 'DELETE_SESSION', 'EXECUTE_STATEMENT']);
    });
  }

  it('does nothing with the SDK disabled', async () => {
    const { code } = await run(FLAGS['--require'], CLOSE, { OTEL_SDK_DISABLED: 'true' });
    assert.equal(code, 0);
    assert.deepEqual(operations(), []);
  });

  it('prints diagnostics at the level of OTEL_LOG_LEVEL alone', async () => {
    const { output } = await run(FLAGS['--require'], CLOSE, { OTEL_LOG_LEVEL: 'info' });
    assert.match(output, /@databricks\/sql [\d.]+ is instrumented/);
  });
});
