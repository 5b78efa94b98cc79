import assert from 'node:assert/strict';
import { QUERY_LINES, runProgram, SDK_LINES } from './support/child-process';
import type { ProgramReport } from './support/child-process';

const ALL = [
  'close_session',
  'close_statement',
  'cloudfetch_download',
  'connect',
  'execute_statement',
  'fetch',
  'open_session',
];

function assertTraced({ operations, rows, chunks }: ProgramReport): void {
  assert.equal(rows, 20);
  assert.equal(chunks, 2);
  assert.deepEqual([...new Set(operations)].toSorted(), ALL);
  assert.equal(operations.filter((operation) => operation === 'execute_statement').length, 1);
  assert.equal(operations.filter((operation) => operation === 'cloudfetch_download').length, 2);
}

describe('the driver, in a process of its own,', () => {
  it('is traced in an application of CommonJS modules', async () => {
    const report = await runProgram(
      {
        'otel.cjs': SDK_LINES,
        'app.cjs': `const { DBSQLClient } = require('@databricks/sql');
          (async () => {${QUERY_LINES}})();`,
      },
      ['--require', './otel.cjs', 'app.cjs'],
    );
    assertTraced(report);
    assert.deepEqual(report.warnings, []);
  });

  it('is traced in an application of ES modules, without a loader', async () => {
    const report = await runProgram(
      {
        'otel.mjs': `import { createRequire } from 'node:module';
          const require = createRequire(import.meta.url);${SDK_LINES}`,
        'app.mjs': `import driver from '@databricks/sql';
          const { DBSQLClient } = driver;${QUERY_LINES}`,
      },
      ['--import', './otel.mjs', 'app.mjs'],
    );
    assertTraced(report);
    assert.deepEqual(report.warnings, []);
  });

  it('is traced when it was loaded before and is handed over, as in a bundle', async () => {
    const report = await runProgram(
      {
        'app.cjs': `const driver = require('@databricks/sql');
          const { DBSQLClient } = driver;
          ${SDK_LINES}
          databricks.patch(driver);
          (async () => {${QUERY_LINES}})();`,
      },
      ['app.cjs'],
    );
    assertTraced(report);
    assert.equal(report.warnings.length, 1);
    assert.match(report.warnings[0] ?? '', /was loaded before this instrumentation/);
  });

  it('leaves out what depends on methods that cannot be replaced, and one warning names each', async () => {
    const FROZEN = {
      'hive/HiveDriver': 'getOperationStatus',
      'result/CloudFetchResultHandler': 'downloadLink',
      'result/RowSetProvider': 'fetchNext',
    };
    const report = await runProgram(
      {
        'app.cjs': `const driver = require('@databricks/sql');
          for (const [file, method] of Object.entries(${JSON.stringify(FROZEN)})) {
            const { default: Class } = require('@databricks/sql/dist/' + file + '.js');
            Object.defineProperty(Class.prototype, method, { writable: false, configurable: false });
          }
          const { DBSQLClient } = driver;
          ${SDK_LINES}
          databricks.patch(driver);
          (async () => {${QUERY_LINES}
            const { attributes } = spans.find(({ attributes }) => attributes['databricks.operation'] === 'execute_statement');
            console.log(JSON.stringify({
              operations: [attributes['databricks.statement.state']],
              rows: close.attributes['databricks.result.row_count'],
              chunks: ['statement.poll_count', 'result.chunk_count', 'result.chunks_present', 'result.size']
                .filter((name) => 'databricks.' + name in { ...attributes, ...close.attributes })[0],
              warnings,
            }));
          })();`,
      },
      ['app.cjs'],
    );
    assert.deepEqual(report.operations, ['FINISHED']);
    assert.equal(report.rows, 20);
    assert.equal(report.chunks, undefined);
    for (const [file, method] of Object.entries(FROZEN)) {
      const member = `${file.slice(file.indexOf('/') + 1)}.${method}`;
      assert.equal(report.warnings.filter((line) => line.includes(member)).length, 1, member);
    }
  });

  it('is traced when only its main module is seen, by the next require', async () => {
    const report = await runProgram(
      {
        'app.cjs': `require('@databricks/sql');
          ${SDK_LINES}
          const { DBSQLClient } = require('@databricks/sql');
          (async () => {${QUERY_LINES}})();`,
      },
      ['app.cjs'],
    );
    assertTraced(report);
  });

  it('is left alone when nothing is registered', async () => {
    const report = await runProgram(
      {
        'app.cjs': `const { DatabricksSqlInstrumentation } = require('@dbsql-otel/instrumentation-databricks-sql');
          const warnings = [];
          globalThis.telemetry = {
            exporter: { getFinishedSpans: () => [] },
            warnings,
            sdk: { shutdown() {} },
          };
          new DatabricksSqlInstrumentation();
          const { DBSQLClient } = require('@databricks/sql');
          (async () => {${QUERY_LINES}})();`,
      },
      ['app.cjs'],
    );
    assert.equal(report.rows, 20);
  });

  it('ends the statements of a client that was collected', async () => {
    const report = await runProgram(
      {
        'app.cjs': `${SDK_LINES}
          const { DBSQLClient } = require('@databricks/sql');
          async function leak() {
            const client = new DBSQLClient({ logger: { log() {} } });
            await client.connect(JSON.parse(process.env.WAREHOUSE));
            const session = await client.openSession();
            await session.executeStatement('SELECT 1 /* local-warehouse: polls=forever */');
          }
          (async () => {
            await leak();
            const ended = () => exporter.getFinishedSpans()
              .some(({ attributes }) => attributes['databricks.operation'] === 'execute_statement');
            const deadline = Date.now() + 15_000;
            while (!ended() && Date.now() < deadline) {
              global.gc();
              await new Promise((resolve) => setTimeout(resolve, 10));
            }
            console.log(JSON.stringify({
              operations: exporter.getFinishedSpans().map(({ attributes }) => attributes['databricks.operation']),
              rows: 0,
              warnings,
            }));
            process.exit();
          })();`,
      },
      ['--expose-gc', 'app.cjs'],
    );
    assert.deepEqual(report.operations, ['connect', 'open_session', 'execute_statement']);
  });

  it('is not held by the statements that wait for their end', async () => {
    const report = await runProgram(
      {
        'app.cjs': `${SDK_LINES}
          const { DBSQLClient } = require('@databricks/sql');
          (async () => {
            const client = new DBSQLClient({ logger: { log() {} } });
            await client.connect(JSON.parse(process.env.WAREHOUSE));
            const session = await client.openSession();
            await session.executeStatement('SELECT 1 /* local-warehouse: polls=forever */');
            (await client.getConnectionProvider()).getAgent().then((agent) => agent.destroy());
            console.log(JSON.stringify({ operations: [], rows: 0, warnings }));
          })();`,
      },
      ['app.cjs'],
    );
    assert.equal(report.rows, 0);
  });

  it('is not patched below the supported releases, and one line says so', async () => {
    const report = await runProgram(
      {
        'app.cjs': `${SDK_LINES}
          const [definition] = databricks.getModuleDefinitions();
          const refused = definition.files.filter(({ supportedVersions }) => supportedVersions.includes('<1.7.1'));
          class DBSQLClient { async connect() {} }
          const original = DBSQLClient.prototype.connect;
          for (const file of refused) file.patch({ default: DBSQLClient }, '1.7.0');
          console.log(JSON.stringify({
            operations: [],
            rows: DBSQLClient.prototype.connect === original ? 1 : 0,
            warnings,
          }));`,
      },
      ['app.cjs'],
    );
    assert.equal(report.rows, 1);
    assert.equal(report.warnings.length, 1);
    assert.match(report.warnings[0] ?? '', /@databricks\/sql 1\.7\.0 is not instrumented/);
  });
});
