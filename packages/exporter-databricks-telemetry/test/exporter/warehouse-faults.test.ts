import assert from 'node:assert/strict';
import { Agent } from 'node:https';
import { setImmediate as turn } from 'node:timers/promises';
import type {
  ConnectionAccess,
  DatabricksAccess,
} from '@dbsql-otel/instrumentation-databricks-sql';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { FaultRule } from '@dbsql-otel/local-warehouse';
import { DatabricksTelemetryExporter, UndeliveredError } from '../../src';
import type { ExportResult, ReadableSpan } from '../../src/otel';
import { useFakeClock } from '../fake-clock';
import { record } from '../fixtures/spans';

const BATCH_SIZE = 10;
const LOOPBACK = '127.0.0.1';
const REQUEST_TIMEOUT_MS = 10_000;

function batch(...connectionIds: string[]): ReadableSpan[] {
  return Array.from({ length: BATCH_SIZE }, (_, index) =>
    record('open_session', {
      attributes: {
        'databricks.connection.id': connectionIds[index % connectionIds.length],
        'databricks.session.id': `session-${index}`,
      },
    }),
  );
}

/** The real endpoints over real TLS; whatever goes wrong, each record is delivered once or accounted for. */
describe('delivery to the local warehouse', () => {
  let warehouse: LocalWarehouse;
  let agent: Agent;
  let tokens: Map<string, string>;
  let exporter: DatabricksTelemetryExporter;

  function connection(id: string): ConnectionAccess | undefined {
    const token = tokens.get(id);
    return token === undefined
      ? undefined
      : {
          host: LOOPBACK,
          port: warehouse.port,
          orgId: undefined,
          userAgent: undefined,
          headers: () => Promise.resolve({ Authorization: `Bearer ${token}` }),
          agent: () => Promise.resolve(agent),
        };
  }

  function create(): void {
    const access: DatabricksAccess = {
      connection: (id) => connection(id),
      onClosed: () => () => undefined,
      release: () => undefined,
    };
    exporter = new DatabricksTelemetryExporter({
      access,
      allowPrivateHosts: true,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      retry: { baseDelayMs: 1, maxDelayMs: 5, jitterMs: 0 },
    });
  }

  function send(spans: ReadableSpan[]): Promise<ExportResult> {
    return new Promise((resolve) => exporter.export(spans, resolve));
  }

  /** As the processor does: what comes back is offered again, a few times. */
  async function sendUntilDone(spans: ReadableSpan[], between = () => undefined as void) {
    let pending: readonly ReadableSpan[] = spans;
    for (let round = 0; pending.length > 0 && round < 6; round++) {
      const { error } = await send([...pending]);
      pending = error instanceof UndeliveredError ? error.undelivered : [];
      between();
    }
    return pending;
  }

  function acceptedIds(): unknown[] {
    return warehouse.telemetry.flatMap(({ accepted }) =>
      accepted.map((log) => log['frontend_log_event_id']),
    );
  }

  function assertAccounts(): void {
    const { offered, delivered, pending, dropped } = exporter.stats();
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    assert.equal(offered, delivered + pending + lost);
    assert.equal(pending, 0);
  }

  function assertDeliveredOnce(count: number): void {
    const ids = acceptedIds();
    assert.equal(ids.length, count);
    assert.equal(new Set(ids).size, count);
    assert.equal(exporter.stats().delivered, count);
    assertAccounts();
  }

  before(async () => {
    warehouse = await LocalWarehouse.start();
    agent = new Agent({ keepAlive: true, ca: warehouse.authority.certificate });
  });

  beforeEach(() => {
    tokens = new Map([['a', warehouse.tokens.issue('tenant-a')]]);
    warehouse.flag.enabled = true;
  });

  afterEach(async () => {
    warehouse.reset();
    await exporter.shutdown();
    warehouse.clearLogs();
  });

  after(async () => {
    agent.destroy();
    await warehouse.stop();
  });

  const passing: [string, FaultRule][] = [
    ['429 without Retry-After', { status: 429, times: 3 }],
    ['429 with Retry-After', { status: 429, retryAfter: 0, times: 2 }],
    ['500s', { status: 500, times: 3 }],
    ['a burst of 503 longer than the retries', { status: 503, times: 6 }],
    ['resets', { reset: true, times: 3 }],
    ['partial success', { partialSuccess: 4, times: 1 }],
    ['413', { status: 413, times: 1 }],
  ];
  for (const [name, rule] of passing) {
    it(`delivers everything once after ${name}`, async () => {
      create();
      const fault = warehouse.fault({ match: 'telemetry', ...rule });
      assert.deepStrictEqual(await sendUntilDone(batch('a')), []);
      assert.ok(fault.hits > 0);
      assertDeliveredOnce(BATCH_SIZE);
    });
  }

  it('delivers everything once after a hang before the answer', async () => {
    create();
    const fault = warehouse.fault({ match: 'telemetry', hang: 'headers', times: 1 });
    const clock = useFakeClock({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const unsent = sendUntilDone(batch('a'));
      const state = { isDone: false };
      void unsent.then(() => (state.isDone = true));
      await warehouse.received('telemetry');
      await clock.tickAsync(REQUEST_TIMEOUT_MS);
      while (!state.isDone) {
        await clock.tickAsync(1);
        await turn();
      }
      assert.deepStrictEqual(await unsent, []);
    } finally {
      clock.restore();
    }
    assert.equal(fault.hits, 1);
    assertDeliveredOnce(BATCH_SIZE);
  });

  it('waits for the flag service, and follows a flag that flaps', async () => {
    create();
    warehouse.fault({ match: 'feature-flags', status: 503, times: 2 });
    assert.deepStrictEqual(await sendUntilDone(batch('a')), []);
    assertDeliveredOnce(BATCH_SIZE);

    await exporter.shutdown();
    warehouse.clearLogs();
    create();
    warehouse.flag.enabled = false;
    assert.deepStrictEqual(await sendUntilDone(batch('a')), []);
    assert.deepStrictEqual(exporter.stats().dropped, { flag_off: BATCH_SIZE });
    assert.equal(warehouse.telemetry.length, 0);
    assertAccounts();
  });

  it('keeps a revoked tenant from harming another on the same host', async () => {
    const revoked = warehouse.tokens.issue('tenant-b');
    tokens.set('b', revoked);
    create();
    await sendUntilDone(batch('a', 'b'));
    assertDeliveredOnce(BATCH_SIZE);
    warehouse.tokens.revoke(revoked);
    for (let round = 0; round < 6; round++) {
      await sendUntilDone(batch('a', 'b'));
    }
    const { delivered, dropped, hosts } = exporter.stats();
    assert.equal(delivered, BATCH_SIZE + 6 * (BATCH_SIZE / 2));
    assert.deepStrictEqual(dropped, { refused: 6 * (BATCH_SIZE / 2) });
    assert.equal(hosts[`${LOOPBACK}:${warehouse.port}`]?.breaker, 'CLOSED');
    assertAccounts();
    const tenants = warehouse.telemetry
      .filter(({ accepted }) => accepted.length > 0)
      .map(({ tenant, logs }) => [tenant, logs.length]);
    assert.ok(tenants.every(([tenant]) => tenant === 'tenant-a' || tenant === 'tenant-b'));
  });

  it('sends nothing to a server whose certificate does not verify', async () => {
    create();
    const trusting = agent;
    agent = new Agent({ keepAlive: true });
    const { error } = await send(batch('a'));
    agent.destroy();
    agent = trusting;
    assert.ok(error instanceof UndeliveredError);
    assert.equal(error.reason, 'flag_unknown');
    assert.equal(warehouse.requests.length, 0);
    assertAccounts();
  });

  it('delivers on the sockets it has', async () => {
    create();
    for (let round = 0; round < 5; round++) {
      await sendUntilDone(batch('a'));
    }
    assertDeliveredOnce(5 * BATCH_SIZE);
  });
});
