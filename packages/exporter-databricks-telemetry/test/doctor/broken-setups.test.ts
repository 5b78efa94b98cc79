import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';

const PACKAGE = path.resolve(__dirname, '../../..');
const ROOT_MODULES = path.resolve(PACKAGE, '../../node_modules');
const MAIN = path.join(PACKAGE, 'build/src/doctor/main.js');
const DRIVER = '@databricks/sql';

const IMPORTS = `
  const { NodeSDK } = require('@opentelemetry/sdk-node');
  const sdk2 = require('@opentelemetry/sdk-trace-base');
  const sdk3 = require('@opentelemetry/sdk-trace');
  const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http');
  const { OTLPTraceExporter: GrpcExporter } = require('@opentelemetry/exporter-trace-otlp-grpc');
  const { DatabricksSqlInstrumentation } = require('@dbsql-otel/instrumentation-databricks-sql');
  const telemetry = require('@dbsql-otel/exporter-databricks-telemetry');
  const console = new sdk2.ConsoleSpanExporter();
`;
const INSTRUMENTATION = 'new DatabricksSqlInstrumentation()';
const PROCESSOR = 'new telemetry.DatabricksTelemetrySpanProcessor()';

/** @param processors of the SDK @param instrumentation of the SDK */
function setup(processors: string, instrumentation = INSTRUMENTATION): string {
  return `${IMPORTS}
    const sdk = new NodeSDK({
      instrumentations: [${instrumentation}], spanProcessors: [${processors}],
      metricReaders: [], logRecordProcessors: [],
    });
    sdk.start();
    for (const end of ['beforeExit', 'SIGTERM']) process.once(end, () => sdk.shutdown());`;
}

/** A set-up that cannot work, and the one line of the doctor that names the cause. */
type Row = readonly [
  name: string,
  code: string,
  cause: RegExp,
  environment?: Readonly<Record<string, string>>,
];

const BROKEN: readonly Row[] = [
  ['no instrumentation', setup(PROCESSOR, ''), /the setup creates no DatabricksSqlInstrumentation/],
  [
    'a processor with nothing to report',
    `${IMPORTS}${PROCESSOR};`,
    /the telemetry processor has nothing to report: add/,
  ],
  [
    'a processor while the driver keeps its telemetry',
    setup(PROCESSOR, "new DatabricksSqlInstrumentation({ driverTelemetry: 'keep' })"),
    /has nothing to report: driverTelemetry is 'keep'/,
  ],
  [
    'a disabled instrumentation',
    `${setup(PROCESSOR, '')} new DatabricksSqlInstrumentation({ enabled: false });`,
    /the DatabricksSqlInstrumentation of the setup is disabled/,
  ],
  [
    'an exporter without access',
    setup('new sdk2.BatchSpanProcessor(new telemetry.DatabricksTelemetryExporter())'),
    /has no access to credentials/,
  ],
  [
    'a host without a token',
    setup(
      "new telemetry.DatabricksTelemetrySpanProcessor(new telemetry.DatabricksTelemetryExporter({ host: 'a.example.com' }))",
    ),
    /host is given without token or headers/,
  ],
  [
    'a misspelt option of the instrumentation',
    setup(PROCESSOR, "new DatabricksSqlInstrumentation({ queryTxt: 'off' })"),
    /unknown option queryTxt/,
  ],
  [
    'an invalid option of the processor',
    setup('new telemetry.DatabricksTelemetrySpanProcessor(undefined, { maxQueueSize: 0 })'),
    /maxQueueSize must be an integer/,
  ],
  [
    'an invalid option, and a logger of the application for errors only',
    `require('@opentelemetry/api').diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, 30);
     ${setup('new telemetry.DatabricksTelemetrySpanProcessor(undefined, { maxQueueSize: 0 })')}`,
    /maxQueueSize must be an integer/,
  ],
  [
    'the options in place of the exporter',
    setup('new telemetry.DatabricksTelemetrySpanProcessor({ maxQueueSize: 10 })'),
    /first argument of DatabricksTelemetrySpanProcessor is not a span exporter/,
  ],
  [
    'SDK 3 with the arguments of SDK 2',
    setup(`new sdk3.BatchSpanProcessor(console), ${PROCESSOR}`),
    /the BatchSpanProcessor of the setup has no exporter/,
  ],
  [
    'SDK 2 with the arguments of SDK 3',
    setup(`new sdk2.BatchSpanProcessor({ exporter: console }), ${PROCESSOR}`),
    /the BatchSpanProcessor of the setup has no exporter/,
  ],
  [
    'an exporter in place of a span processor',
    setup(`console, ${PROCESSOR}`),
    /ConsoleSpanExporter in spanProcessors is not a span processor/,
  ],
  [
    'an SDK that is not started',
    setup(PROCESSOR).replace('sdk.start();', ''),
    /the NodeSDK of the setup registered no tracer provider/,
  ],
  [
    'an SDK that another one was registered before',
    `new (require('@opentelemetry/sdk-node').NodeSDK)({ traceExporter: { export() {}, shutdown() {} } }).start();
     ${setup(PROCESSOR)}`,
    /Attempted duplicate registration of API: trace/,
  ],
  ['nothing at all', '', /registers no tracer provider and creates no telemetry processor/],
  [
    'a processor that was shut down',
    `${setup(PROCESSOR)} sdk.shutdown();`,
    /the telemetry processor was shut down by the setup/,
  ],
  [
    'a package that is not installed',
    "require('@opentelemetry/sdk-nod');",
    /ended the process with code 1, Error: Cannot find module '@opentelemetry\/sdk-nod'/,
  ],
  [
    'an ES module in a CommonJS file',
    "import { NodeSDK } from '@opentelemetry/sdk-node';",
    /SyntaxError: Cannot use import statement outside a module/,
  ],
  ['a setup that ends the process', 'process.exit(3);', /ended the process with code 3/],
  [
    'OTEL_SDK_DISABLED',
    setup(PROCESSOR),
    /OTEL_SDK_DISABLED is true/,
    { OTEL_SDK_DISABLED: 'true' },
  ],
  [
    'telemetry that a variable disables',
    setup(PROCESSOR),
    /DATABRICKS_TELEMETRY_DISABLED is set/,
    { DATABRICKS_TELEMETRY_DISABLED: '1' },
  ],
  [
    'a misspelt variable',
    setup(PROCESSOR),
    /unknown environment variables are ignored: DATABRICKS_TELEMETRY_DISABLE:/,
    { DATABRICKS_TELEMETRY_DISABLE: '1' },
  ],
  [
    'an OTLP endpoint where nothing listens',
    setup(
      "new sdk2.BatchSpanProcessor(new OTLPTraceExporter({ url: 'http://127.0.0.1:9/v1/traces' }))",
    ),
    /OTLP endpoint http:\/\/127\.0\.0\.1:9\/v1\/traces is not reachable \(ECONNREFUSED\)/,
  ],
  [
    'OTLP over HTTP to a port of gRPC',
    setup(
      "new sdk2.BatchSpanProcessor(new OTLPTraceExporter({ url: process.env.GRPC + '/v1/traces' }))",
    ),
    /does not speak http\/json .*4317/,
  ],
  [
    'OTLP over gRPC to a port of HTTP',
    setup('new sdk2.BatchSpanProcessor(new GrpcExporter({ url: process.env.HTTP }))'),
    /does not speak grpc .*4318/,
  ],
  [
    'an OTLP endpoint without its path',
    setup("new sdk2.BatchSpanProcessor(new OTLPTraceExporter({ url: process.env.HTTP + '/' }))"),
    /does not accept http\/json \(404\): the path is usually \/v1\/traces/,
  ],
  [
    'OTLP credentials that are refused',
    setup(
      "new sdk2.BatchSpanProcessor(new OTLPTraceExporter({ url: process.env.HTTP + '/refused' }))",
    ),
    /refuses the credentials \(401\)/,
  ],
  [
    'an OTLP protocol that there is not',
    setup(PROCESSOR),
    /OTEL_EXPORTER_OTLP_PROTOCOL is not a protocol of OTLP/,
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'http' },
  ],
];

const WELL: readonly Row[] = [
  ['telemetry alone', setup(PROCESSOR), /a telemetry processor claims the connections/],
  [
    'the driver loaded first',
    `require('${DRIVER}');${setup(PROCESSOR)}`,
    /the driver was loaded by the setup, and is patched/,
  ],
  [
    'both forms of BatchSpanProcessor',
    setup(
      `new sdk3.BatchSpanProcessor({ exporter: console }), new sdk2.BatchSpanProcessor(console), ${PROCESSOR}`,
    ),
    /a tracer provider is registered/,
  ],
  [
    'an OTLP endpoint',
    setup(
      "new sdk2.BatchSpanProcessor(new OTLPTraceExporter({ url: process.env.HTTP + '/v1/traces' }))",
    ),
    /accepts http\/json/,
  ],
  [
    'an OTLP endpoint of gRPC',
    setup('new sdk2.BatchSpanProcessor(new GrpcExporter({ url: process.env.GRPC }))'),
    /accepts grpc/,
  ],
];

interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly problems: readonly string[];
}

function url(server: http.Server | http2.Http2Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the doctor on set-ups', function () {
  this.timeout(120_000);
  let folder: string;
  let collector: http.Server;
  let grpcCollector: http2.Http2Server;

  before(async () => {
    collector = http.createServer((request, response) => {
      request.resume();
      response.statusCode = { '/v1/traces': 200, '/refused': 401 }[request.url ?? ''] ?? 404;
      response.end('{}');
    });
    grpcCollector = http2.createServer();
    grpcCollector.on('stream', (stream) => stream.respond({ ':status': 200 }, { endStream: true }));
    for (const server of [collector, grpcCollector]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
  });
  after(() => {
    collector.close();
    grpcCollector.close();
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'setups-'));
    await writeFile(path.join(folder, 'package.json'), '{}');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function doctor(
    words: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Run> {
    const child = spawn(process.execPath, [MAIN, 'doctor', ...words], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'],
        HTTP: url(collector),
        GRPC: url(grpcCollector),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    const [exitCode] = (await once(child, 'close')) as [number | null];
    const problems = stdout.split('\n').filter((line) => line.startsWith('PROBLEM'));
    return { exitCode, stdout, problems };
  }

  async function examine(
    code: string,
    environment?: Readonly<Record<string, string>>,
  ): Promise<Run> {
    await symlink(ROOT_MODULES, path.join(folder, 'node_modules'), 'dir');
    await writeFile(path.join(folder, 'tracing.cjs'), code);
    return doctor(['--setup', 'tracing.cjs'], environment);
  }

  for (const [name, code, cause, environment] of BROKEN) {
    it(`exits with 1 and names the cause: ${name}`, async () => {
      const { exitCode, stdout, problems } = await examine(code, environment);
      assert.equal(exitCode, 1, stdout);
      assert.equal(problems.filter((line) => cause.test(line)).length, 1, stdout);
    });
  }

  for (const [name, code, line, environment] of WELL) {
    it(`finds no problem: ${name}`, async () => {
      const { exitCode, stdout, problems } = await examine(code, environment);
      assert.deepEqual([exitCode, problems], [0, []], stdout);
      assert.match(stdout, line);
    });
  }

  it('names a bundle that the project starts', async () => {
    await writeFile(path.join(folder, 'app.js'), "const log = () => 'Created DBSQLClient';");
    await writeFile(path.join(folder, 'package.json'), '{"scripts":{"start":"node app.js"}}');
    const { exitCode, problems } = await examine(setup(PROCESSOR));
    assert.equal(exitCode, 1);
    assert.match(problems.join('\n'), /app\.js is a bundle that contains the driver/);
  });

  it('names a project that flushes nowhere, and accepts one that does', async () => {
    await writeFile(path.join(folder, 'app.js'), 'run();');
    await writeFile(path.join(folder, 'package.json'), '{"scripts":{"start":"node app.js"}}');
    const code = setup(PROCESSOR).replace(/for \(const end[^]*/, '');
    const { exitCode, problems } = await examine(code);
    assert.equal(exitCode, 1);
    assert.match(problems.join('\n'), /nothing flushes when the process ends/);
    await writeFile(path.join(folder, 'app.js'), 'run(); server.onClose(() => sdk.shutdown());');
    assert.equal((await doctor(['--setup', 'tracing.cjs'])).exitCode, 0);
  });

  it('does not load the driver', async () => {
    const modules = path.join(folder, 'node_modules', DRIVER);
    await mkdir(modules, { recursive: true });
    await writeFile(
      path.join(modules, 'package.json'),
      '{"name":"@databricks/sql","version":"2.1.0"}',
    );
    await writeFile(
      path.join(modules, 'index.js'),
      "require('node:fs').writeFileSync('loaded', 'yes');",
    );
    await writeFile(path.join(folder, 'tracing.cjs'), '');
    await doctor(['--setup', 'tracing.cjs']);
    await assert.rejects(rm(path.join(folder, 'loaded')));
  });

  async function install(packages: Readonly<Record<string, string>>): Promise<void> {
    for (const [location, version] of Object.entries(packages)) {
      const target = path.join(folder, location);
      const [, name] = /.*node_modules\/(.*)$/.exec(location) ?? [];
      await mkdir(target, { recursive: true });
      await writeFile(path.join(target, 'package.json'), JSON.stringify({ name, version }));
    }
  }

  it('names two copies of a package, and counts one that pnpm links everywhere once', async () => {
    const own = '@dbsql-otel/instrumentation-databricks-sql';
    const store = 'node_modules/.pnpm/api@1.9.1/node_modules/@opentelemetry/api';
    await install({
      [store]: '1.9.1',
      [`node_modules/${own}`]: '0.1.0',
      [`node_modules/other/node_modules/${own}`]: '0.2.0',
    });
    for (const user of ['a', 'b', 'c']) {
      const scope = path.join(
        folder,
        `node_modules/.pnpm/${user}@1.0.0/node_modules/@opentelemetry`,
      );
      await mkdir(scope, { recursive: true });
      await symlink(path.join(folder, store), path.join(scope, 'api'), 'dir');
    }
    const { exitCode, stdout, problems } = await doctor([]);
    assert.equal(exitCode, 1);
    assert.match(stdout, /^ok {7}@opentelemetry\/api 1\.9\.1$/m);
    assert.match(problems.join('\n'), /2 copies of @dbsql-otel\/instrumentation-databricks-sql \(/);
  });

  it('names an SDK that does not accept the API, and advises what Node.js can run', async () => {
    await install({ 'node_modules/@opentelemetry/api': '1.9.1' });
    const sdk = path.join(folder, 'node_modules/@opentelemetry/sdk-trace');
    await mkdir(sdk, { recursive: true });
    const manifest = {
      version: '3.1.1',
      peerDependencies: { '@opentelemetry/api': '>=1.10.0 <1.11.0' },
      engines: { node: '>=99.0.0' },
    };
    await writeFile(path.join(sdk, 'package.json'), JSON.stringify(manifest));
    const { stdout, problems } = await doctor([]);
    assert.match(
      problems.join('\n'),
      /sdk-trace 3\.1\.1 does not work with @opentelemetry\/api 1\.9\.1/,
    );
    assert.match(stdout, /^note.*is made for Node\.js >=99\.0\.0/m);
  });

  it('asks to be run by Yarn where there is no node_modules', async () => {
    await writeFile(path.join(folder, '.pnp.cjs'), '');
    const { exitCode, problems } = await doctor([]);
    assert.equal(exitCode, 1);
    assert.deepEqual(problems.length, 1);
    assert.match(problems[0] ?? '', /yarn exec exporter-databricks-telemetry doctor/);
  });

  it('advises on TypeScript what this Node.js can run', async () => {
    await install({ 'node_modules/tsx': '4.0.0' });
    await writeFile(path.join(folder, 'tracing.ts'), '');
    const { stdout } = await doctor(['--setup', 'tracing.ts']);
    assert.match(stdout, /start with node --import tsx --import \.\/tracing\.ts/);
  });
});
