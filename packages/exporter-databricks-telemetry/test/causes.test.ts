import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { after, afterEach, before, describe, it } from 'mocha';

const PACKAGE = path.resolve(__dirname, '../..');
const ROOT_MODULES = path.resolve(PACKAGE, '../../node_modules');
const DOCTOR = path.join(PACKAGE, 'build/src/doctor/main.js');

/** An application with its set-up; prints its warnings and, when it ends, the counters. */
const APPLICATION = `
  const { diag } = require('@opentelemetry/api');
  const ignore = () => {};
  const show = (scope, text) => { if (scope.startsWith('@dbsql-otel/')) console.log('warn', text); };
  diag.setLogger({ error: show, warn: show, info: ignore, debug: ignore, verbose: ignore });
  const { DatabricksSqlInstrumentation } = require('@dbsql-otel/instrumentation-databricks-sql');
  const telemetry = require('@dbsql-otel/exporter-databricks-telemetry');
  new DatabricksSqlInstrumentation(INSTRUMENTATION);
  const exporter = new telemetry.DatabricksTelemetryExporter({
    retry: { baseDelayMs: 1, maxDelayMs: 1, jitterMs: 0 }, EXPORTER
  });
  const processor = new telemetry.DatabricksTelemetrySpanProcessor(exporter);
  function count() {
    console.log(JSON.stringify({ ...processor.stats(), hosts: Object.values(exporter.stats().hosts) }));
  }
  module.exports = async function run(end) {
    const { DBSQLClient } = require('@databricks/sql');
    const client = new DBSQLClient({ logger: { log: ignore } });
    await client.connect(JSON.parse(process.env.WAREHOUSE));
    const session = await client.openSession();
    const operation = await session.executeStatement('SELECT 1');
    await operation.fetchAll();
    await operation.close();
    await end(client, session);
    count();
  };
`;
const SHUTDOWN = `require('./tracing.cjs')(async (client, session) => {
  await session.close();
  await client.close();
  await processor.shutdown();
});`;

interface Counters {
  readonly offered: number;
  readonly pending: number;
  readonly skipped: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly hosts: readonly { readonly breaker: string; readonly lastError?: string }[];
}

interface Seen {
  readonly warnings: readonly string[];
  readonly counters: Counters;
}

function assertWarned({ warnings }: Seen, text: RegExp): void {
  assert.equal(warnings.filter((line) => text.test(line)).length, 1, warnings.join('\n'));
}

describe('the causes of missing telemetry', function () {
  this.timeout(120_000);
  let warehouse: LocalWarehouse;
  let folder: string;

  before(async () => {
    warehouse = await LocalWarehouse.start();
    folder = await mkdtemp(path.join(tmpdir(), 'causes-'));
    await symlink(ROOT_MODULES, path.join(folder, 'node_modules'), 'dir');
    await writeFile(path.join(folder, 'package.json'), '{"scripts":{"start":"node app.cjs"}}');
    await writeFile(path.join(folder, 'ca.pem'), warehouse.authority.certificate);
  });
  afterEach(() => {
    warehouse.reset();
    warehouse.flag.enabled = true;
  });
  after(async () => {
    await warehouse.stop();
    await rm(folder, { recursive: true });
  });

  async function run(words: readonly string[], environment: object = {}): Promise<string> {
    const child = spawn(process.execPath, words, {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'],
        WAREHOUSE: JSON.stringify({ ...warehouse.connectionOptions(), telemetryEnabled: true }),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await once(child, 'close');
    return output;
  }

  /** Runs the application. @param end what it does after its statement */
  async function application(
    end = SHUTDOWN,
    exporter = 'allowPrivateHosts: true',
    instrumentation = '{}',
  ): Promise<Seen> {
    const setup = APPLICATION.replace('INSTRUMENTATION', instrumentation).replace(
      'EXPORTER',
      exporter,
    );
    await writeFile(
      path.join(folder, 'tracing.cjs'),
      `${setup}\nObject.assign(globalThis, { processor, count });`,
    );
    await writeFile(path.join(folder, 'app.cjs'), end);
    const lines = (await run(['app.cjs'])).trim().split('\n');
    const counters = lines.find((line) => line.startsWith('{')) ?? '{}';
    return {
      warnings: lines.filter((line) => line.startsWith('warn ')),
      counters: JSON.parse(counters) as Counters,
    };
  }

  function doctor(...words: readonly string[]): Promise<string> {
    return run([DOCTOR, 'doctor', ...words], {
      DATABRICKS_SERVER_HOSTNAME: '127.0.0.1',
      DATABRICKS_HTTP_PATH: warehouse.httpPath,
      DATABRICKS_TOKEN: warehouse.token,
      NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem'),
    });
  }

  function send(): Promise<string> {
    return doctor('--allow-private-hosts', '--port', String(warehouse.port), '--send');
  }

  it('403: refused, one warning, and the doctor names the permission', async () => {
    warehouse.fault({ match: 'telemetry', status: 403 });
    const seen = await application();
    assert.equal(seen.counters.dropped['refused'], seen.counters.offered);
    assertWarned(seen, /127\.0\.0\.1:\d+ refused the credentials of a connection.*check the token/);
    assert.match(await send(), /^PROBLEM .*HTTP 403 \(the token lacks the permission\)/m);
  });

  it('flag off: dropped as flag_off, one warning, and the doctor says so', async () => {
    warehouse.flag.enabled = false;
    const seen = await application();
    assert.equal(seen.counters.dropped['flag_off'], seen.counters.offered);
    assertWarned(seen, /has telemetry disabled \(its feature flag is off\)/);
    assert.match(await send(), /^note .*its feature flag is off/m);
  });

  it('breaker open in a service: pending, OPEN, one warning with number and status', async () => {
    warehouse.fault({ match: 'telemetry', status: 503 });
    const seen = await application(`require('./tracing.cjs')(async () => {
      for (let flush = 0; flush < 6; flush += 1) await processor.forceFlush();
    });`);
    assert.ok(seen.counters.pending > 0);
    assert.deepEqual(
      seen.counters.hosts.map(({ breaker, lastError }) => [breaker, lastError]),
      [['OPEN', '503']],
    );
    assertWarned(
      seen,
      /circuit breaker of 127\.0\.0\.1:\d+ is open after 5 failed batches \(last error: 503\)/,
    );
    assert.match(await send(), /^PROBLEM .*HTTP 503 \(the workspace is unavailable\)/m);
  });

  it('503 in a short process: dropped at the shutdown, one warning with number, host and status', async () => {
    warehouse.fault({ match: 'telemetry', status: 503 });
    const seen = await application();
    assert.equal(seen.counters.dropped['shutdown'], seen.counters.offered);
    assertWarned(
      seen,
      /\d telemetry records? w\w+ lost at the shutdown, for 127\.0\.0\.1:\d+ \(last error: 503\)/,
    );
    assertWarned(seen, /did not accept \d+ telemetry records? \(last error: 503\)/);
  });

  it('refused host: dropped as host_refused, one warning with the option', async () => {
    const seen = await application(SHUTDOWN, '');
    assert.equal(seen.counters.dropped['host_refused'], seen.counters.offered);
    assertWarned(seen, /not public: set allowPrivateHosts/);
    assert.match(await doctor(), /^PROBLEM .*the host is not a public name/m);
  });

  it('driver keeps: the doctor names the option', async () => {
    await application(SHUTDOWN, 'allowPrivateHosts: true', "{ driverTelemetry: 'keep' }");
    const examined = await run([DOCTOR, 'doctor', '--setup', 'tracing.cjs']);
    assert.match(examined, /^PROBLEM .*nothing to report: driverTelemetry is 'keep'/m);
  });

  it('exits too early: pending, one warning with the number, and the doctor finds no flush', async () => {
    const seen = await application(`require('./tracing.cjs')(() => { count(); process.exit(); });`);
    assert.ok(seen.counters.pending > 0);
    assertWarned(
      seen,
      /the process ended with [1-9]\d* telemetry records? not delivered.*await shutdown\(\)/,
    );
    const examined = await run([DOCTOR, 'doctor', '--setup', 'tracing.cjs']);
    assert.match(examined, /^PROBLEM .*nothing flushes when the process ends/m);
  });
});
