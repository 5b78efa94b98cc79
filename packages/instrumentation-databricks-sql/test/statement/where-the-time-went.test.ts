import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import assert from 'node:assert/strict';
import { stub } from 'sinon';
import type { SinonFakeTimers } from 'sinon';
import { useFakeClock } from '../support/fake-clock';
import { TestBed } from '../support/test-bed';
import type { Session } from '../support/test-bed';

/** How long the driver waits between two polls. */
const POLL_INTERVAL_MS = 100;
const SUBMIT = 'databricks.statement.submit_duration';
const PENDING = 'databricks.statement.pending_duration';
const RUNNING = 'databricks.statement.running_duration';
const METRIC = 'databricks.client.statement.pending.duration';

function isAbout(value: unknown, expected: number): void {
  assert.ok(Math.abs(Number(value) - expected) <= 0.1, `${String(value)}, not ${expected}`);
}

describe('where the time of a statement went', () => {
  let bed: TestBed;
  let time: SinonFakeTimers | undefined;

  beforeEach(async () => {
    bed = await TestBed.start();
  });
  afterEach(async () => {
    time?.restore();
    time = undefined;
    await bed.stop();
  });

  /** Lets the driver poll to the end, on a clock that moves only while the driver waits between two polls. */
  async function poll(session: Session, sql: string): Promise<void> {
    const waiting: (() => void)[] = [];
    time = useFakeClock({ toFake: ['performance'] });
    const { setTimeout: startTimer } = globalThis;
    const timers = stub(globalThis, 'setTimeout').callsFake(((
      callback: () => void,
      delayMs: number,
    ) => {
      if (delayMs !== POLL_INTERVAL_MS) return startTimer(callback, delayMs);
      return waiting.push(callback);
    }) as typeof setTimeout);
    try {
      const operation = await session.executeStatement(sql);
      const progress = { isFinished: false };
      const end = operation
        .finished()
        .catch(() => {})
        .finally(() => {
          progress.isFinished = true;
        });
      while (!progress.isFinished) {
        await new Promise((resolve) => setImmediate(resolve));
        const callback = waiting.shift();
        if (callback === undefined) continue;
        time.tick(POLL_INTERVAL_MS);
        callback();
      }
      await end;
      await operation.close();
    } finally {
      timers.restore();
      time.restore();
    }
  }

  it('is 2.0 s pending and 1.0 s running when the polls see it so, with no request more', async () => {
    await bed.withSession((session) =>
      poll(session, 'SELECT 1 /* local-warehouse: polls=31 pending-polls=20 */'),
    );
    const { attributes, events } = bed.spanOf('execute_statement');
    isAbout(attributes[PENDING], 2);
    isAbout(attributes[RUNNING], 1);
    assert.equal(attributes[SUBMIT], 0);
    assert.equal(attributes['databricks.statement.poll_count'], 31);
    assert.equal(bed.warehouse.statements[0]?.polls, 31);
    assert.deepEqual(
      events.map(({ name, attributes: own }) => [name, own?.['databricks.statement.state']]),
      [
        ['databricks.statement.state_change', 'PENDING'],
        ['databricks.statement.state_change', 'RUNNING'],
        ['databricks.statement.state_change', 'FINISHED'],
      ],
    );
    const [point, ...others] = await bed.metric(METRIC);
    assert.equal(others.length, 0);
    const value = point?.value;
    assert.ok(typeof value === 'object');
    assert.equal(value.count, 1);
    isAbout(value.sum, 2);
    assert.equal(point?.attributes['databricks.warehouse.id'], bed.warehouse.warehouseId);
    assert.equal(point?.attributes['databricks.statement.id'], undefined);
  });

  it('has the time of a statement that fails after it was pending', async () => {
    await bed.withSession((session) =>
      poll(
        session,
        'SELECT 1 /* local-warehouse: polls=11 pending-polls=5 error=poll:X_Y:22012 */',
      ),
    );
    const { attributes, events } = bed.spanOf('execute_statement');
    isAbout(attributes[PENDING], 0.5);
    isAbout(attributes[RUNNING], 0.5);
    assert.deepEqual(
      events.map(({ attributes: own }) => own?.['databricks.statement.state']),
      ['PENDING', 'RUNNING', 'ERROR', undefined],
    );
  });

  it('leaves out what was not seen: the states of direct results', async () => {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement('SELECT 1');
      await operation.fetchAll();
      await operation.close();
    });
    const { attributes, events } = bed.spanOf('execute_statement');
    assert.ok(Number(attributes[SUBMIT]) > 0);
    assert.equal(attributes[PENDING], undefined);
    assert.equal(attributes[RUNNING], undefined);
    assert.equal(events.length, 0);
    assert.deepEqual(await bed.metric(METRIC), []);
  });

  it('is on the metric and on no span when nothing is sampled', async () => {
    bed.sampler = new AlwaysOffSampler();
    await bed.withSession((session) =>
      poll(session, 'SELECT 1 /* local-warehouse: polls=3 pending-polls=1 */'),
    );
    assert.equal(bed.spans.length, 0);
    assert.equal((await bed.metric(METRIC)).length, 1);
  });
});
