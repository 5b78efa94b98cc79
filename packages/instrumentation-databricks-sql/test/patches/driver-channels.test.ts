import assert from 'node:assert/strict';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { hasChannels } from '../../src/patches/driver-channels';
import { loadDriver, loadDriverFile } from '../support/driver';
import { PublishingDriver, TRACING_CHANNELS } from '../support/publishing-driver';
import { TestBed } from '../support/test-bed';
import type { Session } from '../support/test-bed';

/** Ids and times differ between runs, and HTTP retries and statuses are not on the channels. */
const VARIABLE =
  /\.id$|duration|http\.response\.status_code|concurrency_max|poll_interval|latency|server\.(address|port)|driver\.version/;

describe('a driver that publishes its calls on tracing channels', () => {
  let bed: TestBed;

  beforeEach(async () => {
    bed = await TestBed.start({ config: { driverChannels: true } });
  });
  afterEach(() => bed.stop());

  function followChannels(): PublishingDriver {
    bed.instrumentation.patch({ ...loadDriver(), TRACING_CHANNELS });
    return new PublishingDriver();
  }

  async function workload(): Promise<void> {
    const client = await bed.connect();
    const session = await client.openSession();
    for (const sql of [
      'SELECT 1',
      'SELECT * FROM range(30) /* local-warehouse: arrow=2 pages=3 lz4=off polls=2 */',
      'SELECT * FROM range(30) /* local-warehouse: cloudfetch=3 */',
    ]) {
      const operation = await session.executeStatement(sql);
      await operation.fetchAll();
      await operation.close();
    }
    await assert.rejects(failing(session));
    const tables = await session.getTables({ catalogName: 'main' });
    await tables.fetchAll();
    await tables.close();
    await session.close();
    await client.close();
  }

  it('is traced as by the patches, and none of its methods is replaced', async () => {
    await workload();
    const patched = described(bed.spans);
    bed.reset();
    bed.instrumentation.setConfig({ driverChannels: true });
    const patchedFetchAll = fetchAllOfDriver();
    bed.instrumentation.patch({ ...loadDriver(), TRACING_CHANNELS });
    assert.notEqual(fetchAllOfDriver(), patchedFetchAll, 'the patches are gone');
    const driver = new PublishingDriver();
    try {
      await workload();
      assert.deepEqual(described(bed.spans), patched);
      assert.ok(patched.length > 15, `${patched.length} spans`);
    } finally {
      driver.restore();
    }
  });

  it('is not traced while the instrumentation is disabled', async () => {
    const driver = followChannels();
    try {
      bed.instrumentation.disable();
      await workload();
      assert.equal(bed.spans.length, 0);
      bed.instrumentation.enable();
      await workload();
      assert.ok(bed.spans.length > 15);
    } finally {
      driver.restore();
    }
  });

  it('gives the application the results and errors of the bare driver', async () => {
    const driver = followChannels();
    try {
      await bed.withSession(async (session) => {
        const operation = await session.executeStatement('SELECT * FROM range(3)');
        assert.equal((await operation.fetchAll()).length, 3);
        await operation.close();
        await assert.rejects(failing(session), /nowhere/);
      });
    } finally {
      driver.restore();
    }
  });

  it('is patched as before without the option, and when it lists no channels', async () => {
    bed.instrumentation.setConfig({});
    bed.instrumentation.patch({ ...loadDriver(), TRACING_CHANNELS });
    await workload();
    assert.ok(bed.spans.length > 15);
    for (const module of [
      undefined,
      null,
      {},
      { TRACING_CHANNELS: 'all' },
      { TRACING_CHANNELS: [] },
    ]) {
      assert.equal(hasChannels(module), false);
    }
  });
});

async function failing(session: Session): Promise<void> {
  const operation = await session.executeStatement('SELECT * FROM nowhere');
  await operation.fetchAll();
}

function fetchAllOfDriver(): unknown {
  const file = loadDriverFile('dist/DBSQLOperation.js') as { default: { prototype: object } };
  return Reflect.get(file.default.prototype, 'fetchAll');
}

/** Each span with its parent's name and what of its attributes is the same in each run. */
function described(spans: readonly ReadableSpan[]): unknown[] {
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans
    .map((span) => ({
      name: span.name,
      status: span.status,
      parent: names.get(span.parentSpanContext?.spanId ?? ''),
      attributes: Object.fromEntries(
        Object.entries(span.attributes)
          .filter(([name]) => !VARIABLE.test(name))
          .toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ),
      events: span.events.map(({ name }) => name),
    }))
    .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
