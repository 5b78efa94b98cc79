import * as assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXAMPLES, EXAMPLES_FOLDER } from '../src/runner/examples';
import type { Example } from '../src/runner/examples';
import { assertDocumented } from './documented-attributes';
import { CALLER_TRACE_ID, runExample } from '../src/runner/run-example';
import type { ExampleRun } from '../src/runner/run-example';

const OUR_SCOPE = '@dbsql-otel/instrumentation-databricks-sql';
const CONCURRENT_RUNS = 2;
const RUN_TIMEOUT_MS = 60_000;

const ONE_QUERY = ['CREATE_SESSION', 'EXECUTE_STATEMENT', 'DELETE_SESSION'];
const ORDERS = ['connect', 'openSession main|sales', 'SELECT orders', 'fetchChunk', 'close'];

function operations(run: ExampleRun, path = '/telemetry-ext'): (string | undefined)[] {
  return run.telemetry
    .filter((post) => post.path === path)
    .flatMap((post) => post.accepted)
    .map((log) => /"operation_type":"(\w+)"/.exec(JSON.stringify(log))?.[1]);
}

/** Names of our spans without the host some of them end with. */
function spanNames({ traces }: ExampleRun): string[] {
  return traces
    .flat()
    .filter(({ scope }) => scope === OUR_SCOPE)
    .map(({ name }) => name.replace(/ \S+\.example$/, ''));
}

/** Who reported: ours joins the workspace's id as a number, the driver's own has it as text. */
function reporters(run: ExampleRun): string[] {
  const logs = run.telemetry.flatMap((post) => post.logs);
  return [...new Set(logs.map((log) => typeof log['workspace_id']))].filter(
    (type) => type !== 'undefined',
  );
}

function assertHas(actual: readonly string[], expected: readonly string[]): void {
  for (const name of expected) assert.ok(actual.includes(name), `${name} in ${actual.join(', ')}`);
}

/** What has to be true of an example beyond a clean exit without a word on stderr. */
const EXPECTATIONS: Readonly<Record<string, (run: ExampleRun) => void>> = {
  'quick-start': (run) => {
    assert.match(run.stdout, /^SELECT orders +▕/m);
    assert.match(run.stdout, /^10 orders$/m);
    assert.deepStrictEqual(run.traces, []);
  },
  commonjs: (run) => {
    assertHas(spanNames(run), ORDERS);
    assert.deepStrictEqual(operations(run), ONE_QUERY);
    assert.deepStrictEqual(reporters(run), ['number']);
  },
  esm: (run) => {
    assertHas(spanNames(run), ORDERS);
    assert.deepStrictEqual(operations(run), ONE_QUERY);
    assert.deepStrictEqual(reporters(run), ['number']);
  },
  'traces-only': (run) => {
    assertHas(spanNames(run), ORDERS);
    assert.deepStrictEqual(reporters(run), ['string']);
  },
  'telemetry-only': (run) => {
    assert.deepStrictEqual(spanNames(run), []);
    assert.deepStrictEqual(operations(run), ONE_QUERY);
  },
  'otlp-and-databricks': (run) => {
    assertHas(spanNames(run), ORDERS);
    assertHas(
      [...run.metricNames],
      [
        'db.client.operation.duration',
        'db.client.response.returned_rows',
        'databricks.client.statement.active',
        'otel.sdk.processor.span.queue.size',
        'otel.sdk.processor.span.processed',
      ],
    );
    assert.deepStrictEqual(operations(run), ONE_QUERY);
    const telemetrySpans = run.traces
      .flat()
      .filter(({ attributes }) =>
        String(attributes['url.full'] ?? attributes['http.url']).includes('telemetry'),
      );
    assert.deepStrictEqual(telemetrySpans, [], 'telemetry is not traced');
  },
  sampling: (run) => {
    const executed = operations(run).filter((operation) => operation === 'EXECUTE_STATEMENT');
    assert.strictEqual(executed.length, 200);
    // 1 % of 203: more than 40 would happen once in 10^33 runs.
    assert.ok(run.traces.length < 40, `${run.traces.length} traces`);
  },
  'express-service': (run) => {
    assert.strictEqual(run.answer?.trimEnd().split('\n').length, 200);
    const trace = run.traces.find((spans) => spans[0]?.spanContext().traceId === CALLER_TRACE_ID);
    const server = trace?.find(({ name }) => name.startsWith('GET'));
    const statement = trace?.find(({ name }) => name === 'SELECT orders');
    assert.ok(server && statement);
    assert.strictEqual(statement.parentSpanContext?.spanId, server.spanContext().spanId);
    assert.deepStrictEqual(operations(run), ONE_QUERY);
  },
  'query-tags': (run) => {
    const statement = run.traces.flat().find(({ name }) => name === 'SELECT');
    const { traceId, spanId } = statement?.spanContext() ?? { traceId: '', spanId: '' };
    const sent = JSON.stringify(run.requests.find(({ name }) => name === 'ExecuteStatement')?.args);
    assert.match(sent, /team:finance.*tenant_id:acme/);
    const session = JSON.stringify(run.requests.find(({ name }) => name === 'OpenSession')?.args);
    assert.match(session, /cost_center:701,service_name:orders-service/);
    assert.ok(sent.includes(`traceparent:00-${traceId}-${spanId}-01`), sent);
  },
  'mcp-server': (run) => {
    const statement = run.traces.flat().find(({ name }) => name === 'SELECT orders');
    const agent = {
      'gen_ai.agent.name': 'planner',
      'gen_ai.tool.name': 'count_orders',
      'gen_ai.conversation.id': 'c-42',
    };
    assert.deepStrictEqual({ ...statement?.attributes, ...agent }, statement?.attributes);
    const sent = JSON.stringify(run.requests.find(({ name }) => name === 'ExecuteStatement')?.args);
    assert.match(
      sent,
      /gen_ai_agent_name:planner,gen_ai_tool_name:count_orders,gen_ai_conversation_id:c-42/,
    );
    assert.match(run.stdout, /"id":2,"result":\{"content":/);
  },
  unauthenticated: (run) => {
    assert.deepStrictEqual(operations(run), ['CREATE_SESSION', 'DELETE_SESSION']);
    assert.deepStrictEqual(operations(run, '/telemetry-unauth'), ['CREATE_SESSION']);
    assert.ok(!JSON.stringify(run.telemetry.map(({ body }) => body)).includes('dapi-expired'));
  },
  'custom-credentials': (run) => {
    assert.deepStrictEqual(operations(run), ONE_QUERY);
    assert.deepStrictEqual([...new Set(run.telemetry.map(({ tenant }) => tenant))], ['telemetry']);
  },
  lambda: (run) => {
    assert.deepStrictEqual(operations(run), [...ONE_QUERY, ...ONE_QUERY]);
    assert.strictEqual(spanNames(run).filter((name) => name === 'SELECT orders').length, 2);
  },
  'late-loading': (run) => {
    assertHas(spanNames(run), ['connect', 'openSession', 'SELECT', 'fetchChunk', 'close']);
  },
  waterfall: (run) => {
    const bar = '▕[ ▐█▉-▏]+▏';
    assert.match(run.stdout, new RegExp(`├─ SELECT orders_by_region +${bar} +[\\d.]+ ms 3 polls`));
    assert.match(run.stdout, new RegExp(`└─ cloudfetch.download +${bar} +[\\d.]+ m?s 20 calls`));
    assert.match(run.stdout, new RegExp(`├─ SELECT returns +${bar} +[\\d.]+ ms TABLE_OR_VIEW`));
  },
  'every-call': (run) => assertDocumented(run.traces.flat()),
};

interface Manifest {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The packages that the files of an example import. */
function importsIn(folder: string): Set<string> {
  const packages = new Set<string>();
  for (const file of readdirSync(folder).filter((name) => /\.[cm]js$/.test(name))) {
    const code = readFileSync(join(folder, file), 'utf8');
    for (const [, specifier = ''] of code.matchAll(/(?:from |require\()'([^'.][^']*)'/g)) {
      if (specifier.startsWith('node:')) continue;
      const parts = specifier.split('/');
      packages.add(parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/'));
    }
  }
  return packages;
}

/** Starts the examples in their order, a few at a time, each at its first test or before. */
class Runs {
  private readonly started = new Map<string, Promise<ExampleRun>>();

  constructor(private readonly examples: readonly Example[]) {}

  of(example: Example): Promise<ExampleRun> {
    const index = this.examples.indexOf(example);
    for (const next of this.examples.slice(index, index + CONCURRENT_RUNS)) {
      if (!this.started.has(next.name)) {
        const run = runExample(next);
        // The test of that example reports it.
        run.catch(() => undefined);
        this.started.set(next.name, run);
      }
    }
    return this.started.get(example.name) ?? runExample(example);
  }
}

describe('examples', function () {
  this.timeout(RUN_TIMEOUT_MS);
  const runs = new Runs(EXAMPLES);

  it('each has its expectations', () => {
    assert.deepStrictEqual(
      Object.keys(EXPECTATIONS),
      EXAMPLES.map(({ name }) => name),
    );
  });

  for (const example of EXAMPLES) {
    it(`${example.name}: ${example.title}`, async () => {
      const run = await runs.of(example);
      assert.strictEqual(run.stderr, '');
      assert.strictEqual(run.exitCode, 0, run.stdout);
      EXPECTATIONS[example.name]?.(run);
    });
  }

  it('each folder has a README, a start script, and exactly the dependencies that its files import', () => {
    const versions = new Map(
      ['instrumentation-databricks-sql', 'exporter-databricks-telemetry'].map((name) => {
        const file = resolve(__dirname, '../../../packages', name, 'package.json');
        const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest & { version: string };
        return [manifest.name, `^${manifest.version}`];
      }),
    );
    for (const { name } of EXAMPLES) {
      const folder = join(EXAMPLES_FOLDER, name);
      assert.ok(existsSync(join(folder, 'README.md')), name);
      const file = join(folder, 'package.json');
      const { dependencies } = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
      const imported = importsIn(folder);
      // The API is a peer dependency of both packages.
      imported.add('@opentelemetry/api');
      assert.deepStrictEqual(new Set(Object.keys(dependencies)), imported, name);
      for (const [dependency, version] of versions) {
        if (imported.has(dependency)) assert.strictEqual(dependencies[dependency], version, name);
      }
    }
  });

  describe('at SIGTERM', () => {
    const RUNNING =
      "await import('./app.mjs'); setInterval(() => {}, 1000); console.log('running');";
    const command = ['--import', './tracing.mjs', '--input-type=module', '--eval'];
    const titled = (name: string, code: string): Example => ({
      name,
      title: name,
      command: [...command, code],
    });

    it('traces and telemetry are delivered, and the process dies of the signal', async () => {
      const run = await runExample(titled('esm', RUNNING), { endOnceSeen: 'running' });
      assert.strictEqual(run.stderr, '');
      assert.strictEqual(run.signal, 'SIGTERM');
      assertHas(spanNames(run), ORDERS);
      assert.deepStrictEqual(operations(run), ONE_QUERY);
    });

    it('traces are printed although a statement is still open', async () => {
      const open =
        "const { DBSQLClient } = (await import('@databricks/sql')).default;" +
        'const { DATABRICKS_SERVER_HOSTNAME: host, DATABRICKS_HTTP_PATH: path, DATABRICKS_TOKEN: token } = process.env;' +
        'const client = await new DBSQLClient().connect({ host, path, token });' +
        "await (await client.openSession()).executeStatement('SELECT * FROM orders');" +
        "setInterval(() => {}, 1000); console.log('running');";
      const run = await runExample(titled('quick-start', open), { endOnceSeen: 'running' });
      assert.strictEqual(run.stderr, '');
      assert.strictEqual(run.signal, 'SIGTERM');
      assert.match(run.stdout, /running[^]*^SELECT orders +▕/m);
    });

    it('the application decides, where it handles the signal', async () => {
      const code =
        "await import('./app.mjs'); const timer = setInterval(() => {}, 1000);" +
        "process.once('SIGTERM', () => { clearInterval(timer); process.exitCode = 7; });" +
        "console.log('running');";
      const run = await runExample(titled('esm', code), { endOnceSeen: 'running' });
      assert.strictEqual(run.exitCode, 7);
      assertHas(spanNames(run), ORDERS);
      assert.deepStrictEqual(operations(run), ONE_QUERY);
    });
  });

  describe('in other surroundings', () => {
    const example = EXAMPLES.find(({ name }) => name === 'commonjs');
    assert.ok(example);
    // NodeSDK exports metrics of its own accord, and the runner's backend is not asked to take them.
    const quiet = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };

    it('without a collector the process ends well and the workspace is told', async () => {
      const environment = { ...quiet, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
      const run = await runExample(example, { environment });
      assert.strictEqual(run.exitCode, 0, run.stdout);
      assert.deepStrictEqual(operations(run), ONE_QUERY);
    });

    it('with the SDK disabled the driver reports as if nobody were there', async () => {
      const run = await runExample(example, { environment: { OTEL_SDK_DISABLED: 'true' } });
      assert.strictEqual(run.exitCode, 0, run.stdout);
      assert.deepStrictEqual(spanNames(run), []);
      assert.deepStrictEqual(reporters(run), ['string']);
    });

    it('with telemetry disabled nobody reports, and traces go on', async () => {
      const environment = { DATABRICKS_TELEMETRY_DISABLED: 'true' };
      const run = await runExample(example, { environment });
      assert.strictEqual(run.exitCode, 0, run.stdout);
      assertHas(spanNames(run), ORDERS);
      assert.deepStrictEqual(run.telemetry, []);
    });
  });
});
