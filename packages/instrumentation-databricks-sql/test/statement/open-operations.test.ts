import { SpanStatusCode } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import { restore, stub } from 'sinon';
import type { SinonFakeTimers } from 'sinon';
import { clock as packageClock } from '../../src/clock';
import { TestBed } from '../support/test-bed';
import type { Client, Session } from '../support/test-bed';
import { useFakeClock } from '../support/fake-clock';

const RUNNING = 'SELECT 1 /* local-warehouse: polls=forever */';
const MINUTE_MS = 60_000;

describe('operations that never end', () => {
  let bed: TestBed;
  let clock: SinonFakeTimers | undefined;

  before(async () => {
    bed = await TestBed.start();
    bed.expectsLeaks = true;
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
  });
  afterEach(() => {
    clock?.restore();
    clock = undefined;
  });

  /** Cancels the timer that the calls so far have armed, so that the next call arms a fake one. */
  function rearm(): void {
    bed.instrumentation.disable();
    bed.instrumentation.enable();
  }

  it('end at the cap, one after the other, each once', async () => {
    bed.instrumentation.setConfig({ statementMaxDurationMs: 10 * MINUTE_MS });
    const client = await bed.connect();
    const session = await client.openSession();
    rearm();
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

  let lateMs = 0;
  const timers: (() => void)[] = [];

  /** Takes the timers of this package alone: the driver needs its own to reach the request that hangs. */
  function captureTimers(): void {
    lateMs = 0;
    const real = { ...packageClock };
    stub(packageClock, 'monotonicMs').callsFake(() => real.monotonicMs() + lateMs);
    stub(packageClock, 'clearTimeout');
    stub(packageClock, 'setTimeout').callsFake((callback) => timers.push(callback));
  }

  /** Calls of the driver that the server never answers, by the request that hangs. */
  const HANGING: Readonly<Record<string, (session: Session, client: Client) => Promise<unknown>>> =
    {
      OpenSession: (_session, client) => client.openSession(),
      ExecuteStatement: (session) => session.executeStatement('SELECT 1'),
      GetInfo: (session) => session.getInfo(17),
      GetTables: (session) => session.getTables({}),
      FetchResults: async (session) => {
        const sql = 'SELECT * FROM range(9) /* local-warehouse: direct=off */';
        return (await session.executeStatement(sql)).fetchChunk();
      },
      CloseOperation: async (session) => {
        const sql = 'SELECT * FROM range(9) /* local-warehouse: direct=off close=off */';
        return (await session.executeStatement(sql)).close();
      },
      CloseSession: (session) => session.close(),
    };
  const OPERATIONS: Readonly<Record<string, string>> = {
    OpenSession: 'open_session',
    ExecuteStatement: 'execute_statement',
    GetInfo: 'get_info',
    GetTables: 'get_tables',
    FetchResults: 'fetch',
    CloseOperation: 'close_statement',
    CloseSession: 'close_session',
  };
  /** What ends them. */
  const ENDS: Readonly<Record<string, (client: Client) => unknown>> = {
    'disable()': () => bed.instrumentation.disable(),
    statementMaxDurationMs: () => {
      lateMs = 11 * MINUTE_MS;
      for (const callback of timers.splice(0)) callback();
    },
    'client.close()': (client) => client.close().catch(() => {}),
  };

  for (const [end, act] of Object.entries(ENDS)) {
    for (const [request, call] of Object.entries(HANGING)) {
      it(`end by ${end} when ${request} hangs, each once`, async () => {
        bed.instrumentation.setConfig({ statementMaxDurationMs: 10 * MINUTE_MS });
        const client = await bed.connect();
        const session = await client.openSession();
        bed.reset();
        rearm();
        bed.instrumentation.setConfig({ statementMaxDurationMs: 10 * MINUTE_MS });
        bed.warehouse.fault({ match: request, hang: 'headers', times: 1 });
        if (end === 'statementMaxDurationMs') captureTimers();
        const outcome = call(session, client).catch(() => 'failed');
        await bed.warehouse.received(request);
        const name = String(OPERATIONS[request]);
        assert.equal(bed.spansOf(name).length, 0);
        await act(client);
        restore();
        // The driver's close of a client closes its sessions once more.
        const expected = end === 'client.close()' && request === 'CloseSession' ? 2 : 1;
        const ended = bed.spansOf(name);
        assert.equal(ended.length, expected);
        for (const { status } of ended) assert.equal(status.code, SpanStatusCode.UNSET);
        bed.warehouse.dropConnections();
        bed.instrumentation.enable();
        await outcome;
        assert.equal(bed.spansOf(name).length, expected);
        await client.close().catch(() => {});
      });
    }
  }

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
