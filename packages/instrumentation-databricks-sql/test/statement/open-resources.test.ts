import { diag, DiagLogLevel } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import { runProgram, SDK_LINES } from '../support/child-process';
import { TestBed } from '../support/test-bed';

const ACTIVE_SESSIONS = 'databricks.client.session.active';
const ACTIVE_STATEMENTS = 'databricks.client.statement.active';
const LEAK = 'databricks.client.leak';

describe('sessions and statements that are not closed', () => {
  let bed: TestBed;

  beforeEach(async () => {
    bed = await TestBed.start();
    bed.expectsLeaks = true;
  });
  afterEach(async () => {
    diag.disable();
    await bed.stop();
  });

  async function sumOf(name: string): Promise<number> {
    return (await bed.metric(name)).reduce((sum, { value }) => sum + Number(value), 0);
  }

  async function leaks(): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (const { attributes, value } of await bed.metric(LEAK)) {
      const type = String(attributes['databricks.leak.type']);
      const key = [type, attributes['db.query.summary'] ?? []].flat().join(' ');
      counts[key] = (counts[key] ?? 0) + Number(value);
      assert.equal(attributes['databricks.session.id'], undefined);
    }
    return counts;
  }

  it('are counted exactly when their client is closed over them, with the summary', async () => {
    const client = await bed.connect();
    const first = await client.openSession();
    const second = await client.openSession({ initialCatalog: 'main' });
    const closed = await client.openSession();
    await closed.close();
    await first.executeStatement('SELECT 1 FROM a');
    await first.executeStatement('SELECT 2 FROM a');
    await second.getTables({});
    const finished = await second.executeStatement('SELECT 3 FROM b');
    await finished.close();
    const canceled = await second.executeStatement(
      'SELECT 4 FROM c /* local-warehouse: polls=forever */',
    );
    await canceled.cancel();
    assert.equal(await sumOf(ACTIVE_SESSIONS), 2);
    assert.equal(await sumOf(ACTIVE_STATEMENTS), 3);
    assert.deepEqual(await leaks(), {});
    await client.close();
    await client.close();
    assert.deepEqual(await leaks(), { session: 2, 'statement SELECT a': 2, statement: 1 });
    assert.equal(await sumOf(ACTIVE_SESSIONS), 0);
    assert.equal(await sumOf(ACTIVE_STATEMENTS), 0);
  });

  it('are not leaked while their close is in flight, nor by closing the session over its statements', async () => {
    const client = await bed.connect();
    const session = await client.openSession();
    const other = await client.openSession();
    await other.executeStatement('SELECT 1');
    await other.close();
    const operation = await session.executeStatement('SELECT 1');
    await Promise.allSettled([operation.close(), session.close(), client.close()]);
    assert.deepEqual(await leaks(), {});
    assert.equal(await sumOf(ACTIVE_SESSIONS), 0);
  });

  it('are leaked when their close has failed and left them open', async () => {
    const client = await bed.connect();
    const session = await client.openSession();
    await session.executeStatement('SELECT 1 FROM a /* local-warehouse: polls=forever */');
    const fault = bed.warehouse.fault({ match: 'CloseOperation', status: 400 });
    await assert.rejects(session.close());
    assert.equal(await sumOf(ACTIVE_SESSIONS), 1);
    fault.remove();
    await client.close();
    assert.deepEqual(await leaks(), { session: 1, 'statement SELECT a': 1 });
    assert.equal(await sumOf(ACTIVE_SESSIONS), 0);
  });

  it('are no leak of an instrumentation that is disabled', async () => {
    const client = await bed.connect();
    await client.openSession();
    bed.instrumentation.disable();
    await client.close();
    assert.deepEqual(await leaks(), {});
    assert.equal(await sumOf(ACTIVE_SESSIONS), 0);
  });

  it('are logged with the place that opened them only on request', async () => {
    const warnings: string[] = [];
    const warn = (...parts: unknown[]): void => void warnings.push(parts.join(' '));
    diag.setLogger(
      { error: warn, warn, info: warn, debug: warn, verbose: warn },
      DiagLogLevel.WARN,
    );
    async function leakOne(): Promise<void> {
      const client = await bed.connect();
      const session = await client.openSession();
      await session.executeStatement('SELECT 1');
      await client.close();
    }
    await leakOne();
    assert.deepEqual(warnings, []);
    bed.instrumentation.setConfig({ leakStackTraces: true });
    await leakOne();
    assert.equal(warnings.length, 2);
    assert.match(warnings[0] ?? '', /a session was not closed before its client/);
    assert.match(warnings[1] ?? '', /a statement was not closed before its client/);
    for (const warning of warnings) {
      assert.match(warning, /open-resources\.test/);
      assert.doesNotMatch(warning, /method-patch|SELECT/);
    }
  });

  it('are leaked by a client that is collected', async () => {
    const { warnings } = await runProgram(
      {
        'app.cjs': `${SDK_LINES}
          const { DBSQLClient } = require('@databricks/sql');
          databricks.setConfig({ leakStackTraces: true });
          async function leak() {
            const client = new DBSQLClient({ logger: { log() {} } });
            await client.connect(JSON.parse(process.env.WAREHOUSE));
            const session = await client.openSession();
            await session.executeStatement('SELECT 1');
          }
          (async () => {
            await leak();
            while (warnings.length < 2) {
              global.gc();
              await new Promise((resolve) => setTimeout(resolve, 10));
            }
            console.log(JSON.stringify({ operations: [], rows: 0, warnings }));
            process.exit();
          })();`,
      },
      ['--expose-gc', 'app.cjs'],
    );
    const types = warnings.map((warning) => /a (\w+) was not closed before/.exec(warning)?.[1]);
    assert.deepEqual(types, ['session', 'statement']);
  });
});

describe('the span of the close of a session', () => {
  it('has its duration, its statements and the time without any', async () => {
    const bed = await TestBed.start();
    try {
      await bed.withSession(async (session) => {
        for (const sql of ['SELECT 1', 'SELECT 2']) {
          const operation = await session.executeStatement(sql);
          await operation.fetchAll();
          await operation.close();
        }
        await (await session.getCatalogs()).close();
        await assert.rejects(
          session.executeStatement('SELECT 1 /* local-warehouse: error=submit */'),
        );
      });
      const { attributes } = bed.spanOf('close_session');
      const duration = Number(attributes['databricks.session.duration']);
      const idle = Number(attributes['databricks.session.idle_duration']);
      assert.equal(attributes['databricks.session.statement_count'], 4);
      assert.ok(duration > 0 && idle >= 0 && idle < duration, `${idle} of ${duration}`);
    } finally {
      await bed.stop();
    }
  });
});
