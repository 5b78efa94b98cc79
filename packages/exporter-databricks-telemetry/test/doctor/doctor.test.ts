import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';

const PACKAGE = path.resolve(__dirname, '../../..');
const ROOT_MODULES = path.resolve(PACKAGE, '../../node_modules');
const MAIN = path.join(PACKAGE, 'build/src/doctor/main.js');

const SETUP = {
  both: `
    const { NodeSDK } = require('@opentelemetry/sdk-node');
    const { DatabricksSqlInstrumentation } = require('@dbsql-otel/instrumentation-databricks-sql');
    const telemetry = require('@dbsql-otel/exporter-databricks-telemetry');
    const databricks = new DatabricksSqlInstrumentation({ driverTelemetry: 'replace' });
    new NodeSDK({
      instrumentations: [databricks],
      spanProcessors: [new telemetry.DatabricksTelemetrySpanProcessor(
        new telemetry.DatabricksTelemetryExporter({ access: databricks.access }))],
      SAMPLER
    }).start();`,
} as const;
/** @param provider options of NodeSDK */
function gatewaySetup(provider: string, preamble = ''): string {
  return `
    const { NodeSDK, resources } = require('@opentelemetry/sdk-node');
    const { DatabricksSqlInstrumentation } = require('@dbsql-otel/instrumentation-databricks-sql');
    ${preamble}
    const databricks = new DatabricksSqlInstrumentation({ driverTelemetry: 'gateway' });
    new NodeSDK({
      instrumentations: [databricks], metricReaders: [], logRecordProcessors: [], ${provider}
    }).start();`;
}
const DETECTORS =
  'resourceDetectors: [resources.processDetector, resources.osDetector, resources.hostDetector],';
const NEVER = "sampler: new (require('@opentelemetry/sdk-trace-base').AlwaysOffSampler)(),";

interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function problems({ stdout }: Run): string[] {
  return stdout.split('\n').filter((line) => line.startsWith('PROBLEM'));
}

describe('the doctor', function () {
  this.timeout(60_000);
  let folder: string;

  async function doctor(
    words: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Run> {
    const child = spawn(process.execPath, [MAIN, ...words], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        // Where c8 has its processes write what they covered.
        NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'],
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { exitCode, stdout, stderr };
  }

  async function examine(setup: string): Promise<Run> {
    await writeFile(path.join(folder, 'tracing.cjs'), setup);
    return doctor(['doctor', '--setup', 'tracing.cjs'], { OTEL_TRACES_EXPORTER: 'console' });
  }

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'doctor-'));
    await writeFile(path.join(folder, 'package.json'), '{}');
  });
  afterEach(() => rm(folder, { recursive: true }));

  describe('in a project where all is well', () => {
    beforeEach(() => symlink(ROOT_MODULES, path.join(folder, 'node_modules'), 'dir'));

    it('lists what is installed and finds no problem', async () => {
      const run = await doctor(['doctor']);
      assert.deepEqual([run.exitCode, run.stderr, problems(run)], [0, '', []]);
      assert.match(run.stdout, /^ok {7}Node\.js \d/m);
      assert.match(run.stdout, /^ok {7}OpenTelemetry SDK 2\.x/m);
      assert.match(run.stdout, /^ok {7}@opentelemetry\/api 1\.9/m);
      assert.match(run.stdout, /^ok {7}@databricks\/sql 2\.1\.0/m);
    });

    it('sees in a setup the provider, the processor and the patches', async () => {
      await writeFile(path.join(folder, 'tracing.cjs'), SETUP.both.replace('SAMPLER', ''));
      const run = await doctor(['doctor', '--setup', 'tracing.cjs']);
      assert.deepEqual([run.exitCode, problems(run)], [0, []]);
      assert.match(run.stdout, /tracer provider is registered/);
      assert.match(run.stdout, /a telemetry processor claims the connections/);
      assert.match(
        run.stdout,
        /the instrumentation patches the driver when the application loads it/,
      );
    });

    it('asks nothing of the sampler', async () => {
      await writeFile(path.join(folder, 'tracing.cjs'), SETUP.both.replace('SAMPLER', NEVER));
      const run = await doctor(['doctor', '--setup=tracing.cjs']);
      assert.deepEqual([run.exitCode, problems(run)], [0, []]);
    });

    it('checks what a gateway needs of a setup', async () => {
      const well = await examine(gatewaySetup(DETECTORS));
      assert.deepEqual([well.exitCode, problems(well)], [0, []]);
      assert.match(well.stdout, /^ok {7}a gateway reports the telemetry from the spans$/m);
      assert.doesNotMatch(well.stdout, /DatabricksTelemetrySpanProcessor/);

      const bare = await examine(gatewaySetup('resourceDetectors: [],'));
      assert.match(bare.stdout, /^note.*the resource lacks process\.runtime\.version, os\.type/m);

      const sampled = await examine(gatewaySetup(DETECTORS + NEVER));
      assert.match(problems(sampled).join('\n'), /the sampler drops spans/);

      const processor = `const telemetry = require('@dbsql-otel/exporter-databricks-telemetry');
        new telemetry.DatabricksTelemetrySpanProcessor();`;
      const both = await examine(gatewaySetup(DETECTORS, processor));
      assert.match(problems(both).join('\n'), /a processor of this process reports nothing/);

      const alone = await examine(gatewaySetup('').replace(/new NodeSDK[^]*/, ''));
      assert.match(problems(alone).join('\n'), /no tracer provider is registered/);
    });

    it('sees a setup without the instrumentation, and one that loads the driver first', async () => {
      const without = "new (require('@opentelemetry/sdk-node').NodeSDK)({}).start();";
      await writeFile(path.join(folder, 'without.cjs'), without);
      const unpatched = await doctor(['doctor', '--setup', 'without.cjs']);
      assert.equal(unpatched.exitCode, 1);
      assert.match(problems(unpatched).join('\n'), /the driver is not patched/);

      const late = `require('@databricks/sql');${SETUP.both.replace('SAMPLER', '')}`;
      await writeFile(path.join(folder, 'late.cjs'), late);
      const run = await doctor(['doctor', '--setup', 'late.cjs']);
      assert.match(run.stdout, /the driver was loaded by the setup, and is patched/);
    });

    it('sees a setup that sets nothing up, and one that fails', async () => {
      await writeFile(path.join(folder, 'tracing.cjs'), '');
      await writeFile(path.join(folder, 'broken.mjs'), "throw new Error('dapi-secret');");
      const empty = await doctor(['doctor', '--setup', 'tracing.cjs']);
      assert.match(problems(empty).join('\n'), /registers no tracer provider and creates no/);
      assert.match(problems(empty).join('\n'), /the driver is not patched/);
      const broken = await doctor(['doctor', '--setup', 'broken.mjs']);
      assert.match(problems(broken).join('\n'), /broken\.mjs ended the process with code 1/);
      assert.ok(!broken.stdout.includes('dapi-secret'));
      const missing = await doctor(['doctor', '--setup', 'missing.mjs']);
      assert.match(problems(missing).join('\n'), /there is no file missing\.mjs/);
    });

    it('sees what the environment switches off', async () => {
      const run = await doctor(['doctor'], {
        OTEL_SDK_DISABLED: 'true',
        DATABRICKS_TELEMETRY_DISABLED: '1',
      });
      assert.equal(run.exitCode, 1);
      assert.equal(problems(run).length, 2);
    });

    describe('with a workspace', () => {
      let warehouse: LocalWarehouse;
      let environment: Record<string, string>;

      before(async () => {
        warehouse = await LocalWarehouse.start();
      });
      after(() => warehouse.stop());
      beforeEach(async () => {
        warehouse.clearLogs();
        const certificates = path.join(folder, 'ca.pem');
        await writeFile(certificates, warehouse.authority.certificate);
        environment = {
          DATABRICKS_SERVER_HOSTNAME: '127.0.0.1',
          DATABRICKS_HTTP_PATH: warehouse.httpPath,
          DATABRICKS_TOKEN: warehouse.token,
          NODE_EXTRA_CA_CERTS: certificates,
        };
      });

      function local(...words: readonly string[]): string[] {
        return ['doctor', '--allow-private-hosts', '--port', String(warehouse.port), ...words];
      }

      it('asks for the flag and composes the telemetry of a session', async () => {
        const run = await doctor(local(), environment);
        assert.deepEqual([run.exitCode, problems(run)], [0, []], run.stdout);
        assert.match(run.stdout, /feature flag is on/);
        assert.match(run.stdout, /a session was opened and closed/);
        assert.match(run.stdout, /telemetry was composed, 2 records/);
        assert.equal(warehouse.telemetry.length, 0);
        assert.ok(!run.stdout.includes(warehouse.token));
      });

      it('posts it when asked to', async () => {
        const run = await doctor(local('--send'), environment);
        assert.deepEqual([run.exitCode, problems(run)], [0, []], run.stdout);
        assert.match(run.stdout, /telemetry was delivered, 2 records/);
        assert.equal(warehouse.telemetry.flatMap(({ accepted }) => accepted).length, 2);
      });

      it('says that a token is refused, and never which', async () => {
        const run = await doctor(local('--token', 'dapi-secret'), environment);
        assert.equal(run.exitCode, 1);
        assert.match(problems(run).join('\n'), /refused the token/);
        assert.ok(!`${run.stdout}${run.stderr}`.includes('dapi-secret'));
      });

      it('says that the workspace wants none, or does not answer', async () => {
        warehouse.flag.enabled = false;
        const off = await doctor(local('--http-path', '/sql/1.0/warehouses/none'), environment);
        warehouse.flag.enabled = true;
        assert.match(off.stdout, /^note.*feature flag is off/m);
        const nobody = await doctor(
          ['doctor', '--allow-private-hosts', '--port', '9'],
          environment,
        );
        assert.match(problems(nobody).join('\n'), /did not answer \(ECONNREFUSED\)/);
      });

      it('says that no session could be opened, and never what the server said', async () => {
        const fault = warehouse.fault({ match: 'OpenSession', status: 400, body: 'dapi-secret' });
        const run = await doctor(local(), environment);
        fault.remove();
        assert.equal(run.exitCode, 1);
        assert.match(problems(run).join('\n'), /no session could be opened \(\w+\)/);
        assert.ok(!run.stdout.includes('dapi-secret'));
      });

      it('says why the telemetry was not delivered', async () => {
        const fault = warehouse.fault({ match: 'telemetry', status: 403 });
        const run = await doctor(local('--send'), environment);
        fault.remove();
        assert.match(problems(run).join('\n'), /not delivered: refused/);
      });

      it('has nothing to ask without a token, and asks nobody for a malformed host', async () => {
        const { DATABRICKS_TOKEN: _, ...withoutToken } = environment;
        const run = await doctor(local(), withoutToken);
        assert.match(run.stdout, /^note.*no token was given/m);
        const malformed = await doctor(['doctor', '--host', 'a b'], environment);
        assert.match(problems(malformed).join('\n'), /the host is malformed/);
      });

      it('refuses a private host that was not allowed', async () => {
        const run = await doctor(['doctor'], environment);
        assert.match(problems(run).join('\n'), /not a public name/);
      });
    });
  });

  it('sees what is missing', async () => {
    const run = await doctor(['doctor']);
    assert.equal(run.exitCode, 1);
    assert.match(problems(run).join('\n'), /no OpenTelemetry SDK is installed/);
    assert.match(problems(run).join('\n'), /@opentelemetry\/api is not installed/);
    assert.match(problems(run).join('\n'), /@databricks\/sql is not installed/);
  });

  it('sees copies of the API that do not work together, and versions out of range', async () => {
    const versions = {
      'node_modules/@opentelemetry/api': '1.9.1',
      'node_modules/@opentelemetry/sdk-trace-base': '1.30.0',
      'node_modules/@databricks/sql': '1.7.0',
      'node_modules/other/node_modules/@opentelemetry/api': '1.10.0',
    };
    for (const [name, version] of Object.entries(versions)) {
      await mkdir(path.join(folder, name), { recursive: true });
      await writeFile(path.join(folder, name, 'package.json'), JSON.stringify({ version }));
    }
    const run = await doctor(['doctor']);
    assert.equal(run.exitCode, 1);
    assert.match(problems(run).join('\n'), /2 copies of @opentelemetry\/api \(1\.9\.1, 1\.10\.0\)/);
    assert.match(problems(run).join('\n'), /sdk-trace-base 1\.30\.0: >=2\.0\.0 <4 is needed/);
    assert.match(problems(run).join('\n'), /@databricks\/sql 1\.7\.0: >=1\.7\.1 is needed/);
  });

  it('explains itself, and refuses what it does not know in one line', async () => {
    const help = await doctor(['--help']);
    assert.deepEqual([help.exitCode, help.stderr], [0, '']);
    assert.match(help.stdout, /--setup <file>/);
    const wrong = await doctor(['doctor', '--tokn', 'dapi-secret']);
    assert.deepEqual(wrong, {
      exitCode: 2,
      stdout: '',
      stderr: 'unknown option --tokn; --help lists the options\n',
    });
  });
});
