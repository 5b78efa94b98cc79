import assert from 'node:assert/strict';
import type { SinonFakeTimers } from 'sinon';
import { TestBed } from '../support/test-bed';
import { useFakeClock } from '../support/fake-clock';

const RUNNING = 'SELECT 1 /* local-warehouse: polls=forever */';
const MINUTE_MS = 60_000;

describe('statements that nobody ends', () => {
  let bed: TestBed;
  let clock: SinonFakeTimers | undefined;

  before(async () => {
    bed = await TestBed.start();
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
  });
  afterEach(() => {
    clock?.restore();
    clock = undefined;
  });

  it('end at the cap, one after the other, each once', async () => {
    bed.instrumentation.setConfig({ statementMaxDurationMs: 10 * MINUTE_MS });
    const client = await bed.connect();
    const session = await client.openSession();
    clock = useFakeClock({
      now: Date.now(),
      toFake: ['setTimeout', 'clearTimeout', 'performance'],
    });
    const first = await session.executeStatement(RUNNING);
    clock.tick(4 * MINUTE_MS);
    const second = await session.executeStatement(RUNNING);
    assert.equal(bed.spansOf('execute_statement').length, 0);
    clock.tick(7 * MINUTE_MS);
    assert.equal(bed.spansOf('execute_statement').length, 1);
    clock.tick(4 * MINUTE_MS);
    assert.equal(bed.spansOf('execute_statement').length, 2);
    clock.restore();
    for (const { attributes } of bed.spansOf('execute_statement')) {
      assert.equal(attributes['databricks.statement.state'], undefined, 'not known');
    }
    await first.cancel();
    await second.cancel();
    await session.close();
    await client.close();
    assert.equal(bed.spansOf('execute_statement').length, 2);
  });

  it('end when the instrumentation is disabled, and nothing of ours runs after', async () => {
    const client = await bed.connect();
    const session = await client.openSession();
    const operation = await session.executeStatement(RUNNING);
    bed.instrumentation.disable();
    assert.equal(bed.spansOf('execute_statement').length, 1);
    const count = bed.spans.length;
    await operation.cancel();
    await (await session.executeStatement('SELECT 1')).fetchAll();
    await session.close();
    await client.close();
    assert.equal(bed.spans.length, count);
    bed.instrumentation.enable();
  });

  it('are not traced twice after disable and enable', async () => {
    for (let cycle = 0; cycle < 3; cycle += 1) {
      bed.instrumentation.disable();
      bed.instrumentation.enable();
    }
    await bed.withSession(async (session) => {
      await (await session.executeStatement('SELECT 1')).fetchAll();
    });
    assert.equal(bed.spansOf('execute_statement').length, 1);
    assert.equal(bed.spansOf('fetch').length, 1);
    bed.instrumentation.disable();
    const { value } = Object.getOwnPropertyDescriptor(
      bed.driver.DBSQLSession.prototype,
      'executeStatement',
    ) as { value: unknown };
    assert.doesNotMatch(String(value), /patched/);
    bed.instrumentation.enable();
  });
});
