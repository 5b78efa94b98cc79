import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { DRIVER_MAIN, HAS_ITERATORS, isDriverAtLeast, RETRIES } from '../support/driver';
import { TestBed } from '../support/test-bed';

const CLOUD_FETCH = { useCloudFetch: true };

describe('CloudFetch', () => {
  let bed: TestBed;

  before(async () => {
    bed = await TestBed.start();
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
  });

  async function fetchAll(sql: string): Promise<void> {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(sql, CLOUD_FETCH);
      await operation.fetchAll();
      await operation.close();
    });
  }

  it('tells of a 20-file query exactly what the storage served', async () => {
    await fetchAll(
      'SELECT * FROM range(2000) /* local-warehouse: cloudfetch=20 pages=3 polls=2 */',
    );
    const [facts] = bed.warehouse.statements;
    const { attributes } = bed.spanOf('close_statement');
    assert.equal(attributes['databricks.result.format'], 'cloudfetch');
    assert.equal(attributes['databricks.result.chunk_count'], 20);
    assert.equal(attributes['databricks.result.chunks_present'], 20);
    assert.equal(attributes['databricks.result.size'], facts?.bytesServed);
    assert.equal(attributes['databricks.result.row_count'], 2000);
    // Before 1.9 it depends on the release and on its native LZ4 whether files are compressed.
    const compressed = attributes['databricks.result.compressed'];
    assert.ok(isDriverAtLeast(1, 9) ? compressed === false : typeof compressed === 'boolean');

    const downloads = bed.spansOf('cloudfetch_download');
    const indexes = downloads.map((span) => span.attributes['databricks.cloudfetch.chunk_index']);
    assert.deepEqual(
      indexes.map(Number).toSorted((a, b) => a - b),
      [...Array(20).keys()],
    );
    const sizes = downloads.map((span) => Number(span.attributes['databricks.cloudfetch.size']));
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      facts?.bytesServed,
    );
    for (const { name, kind, attributes: own } of downloads) {
      assert.equal(name, 'cloudfetch.download');
      assert.equal(kind, SpanKind.INTERNAL);
      assert.equal(own['databricks.cloudfetch.row_count'], 100);
      assert.equal(own['databricks.statement.id'], facts?.id);
    }
  });

  it('keeps the totals when nothing is sampled, without a span per file', async () => {
    const recorded = new Map<string, number>();
    bed.sampler = {
      shouldSample: (_context, _trace, _name, _kind, attributes) => {
        const operation = String(attributes['databricks.operation']);
        recorded.set(operation, (recorded.get(operation) ?? 0) + 1);
        return new AlwaysOffSampler().shouldSample();
      },
      toString: () => 'counting sampler',
    };
    await fetchAll('SELECT * FROM range(2000) /* local-warehouse: cloudfetch=20 */');
    assert.equal(recorded.get('cloudfetch_download'), undefined);
    assert.equal(recorded.get('fetch'), undefined);
    const [size] = await bed.metric('databricks.client.cloudfetch.size');
    assert.ok(Number(size?.value) >= Number(bed.warehouse.statements[0]?.bytesServed));
  });

  it('makes no download spans when they are not wanted', async () => {
    bed.instrumentation.setConfig({ cloudFetchSpans: false });
    await fetchAll('SELECT * FROM range(200) /* local-warehouse: cloudfetch=2 */');
    assert.equal(bed.spansOf('cloudfetch_download').length, 0);
    assert.equal(bed.spanOf('close_statement').attributes['databricks.result.chunk_count'], 2);
  });

  it('counts compressed bytes as they crossed the wire', async function () {
    if (!hasLz4()) this.skip();
    await fetchAll('SELECT * FROM range(50000) /* local-warehouse: cloudfetch=4 lz4 */');
    const { attributes } = bed.spanOf('close_statement');
    assert.equal(attributes['databricks.result.compressed'], true);
    assert.equal(attributes['databricks.result.size'], bed.warehouse.statements[0]?.bytesServed);
    assert.ok(Number(attributes['databricks.result.size']) < 50_000 * 8);
  });

  it('tells first, slowest and sum of the downloads', async () => {
    await fetchAll(
      'SELECT * FROM range(300) /* local-warehouse: cloudfetch=3 download-delay=20 */',
    );
    const { attributes } = bed.spanOf('close_statement');
    const first = Number(attributes['databricks.cloudfetch.first_duration']);
    const slowest = Number(attributes['databricks.cloudfetch.slowest_duration']);
    const total = Number(attributes['databricks.cloudfetch.total_duration']);
    assert.ok(first > 0.015);
    assert.ok(slowest >= first);
    assert.ok(total > slowest && total <= 3 * slowest);
  });

  it('tells a failing file on its download, once as an exception, and does not count it as consumed', async () => {
    const sql = 'SELECT * FROM range(300) /* local-warehouse: cloudfetch=3 error=download@1 */';
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(sql, CLOUD_FETCH);
      await assert.rejects(operation.fetchAll(), /CloudFetch HTTP error 403/);
      await operation.close();
    });
    const failed = bed
      .spansOf('cloudfetch_download')
      .filter(({ status }) => status.code === SpanStatusCode.ERROR);
    assert.equal(failed.length, 1);
    assert.equal(failed[0]?.attributes['error.type'], '403');
    assert.equal(failed[0]?.attributes['databricks.cloudfetch.chunk_index'], 1);
    assert.equal(failed[0]?.attributes['databricks.cloudfetch.size'], undefined);
    assert.equal(failed[0]?.events.length, 1);
    const fetch = bed.spansOf('fetch').at(-1);
    assert.equal(fetch?.attributes['error.type'], '403');
    assert.equal(fetch?.events.length, 0);
    for (const span of [failed[0], fetch]) {
      assert.equal(span?.attributes['databricks.result.format'], 'cloudfetch');
      assert.equal(span?.attributes['databricks.result.chunks_present'], 3, 'the totals so far');
    }
    const statement = bed.spanOf('execute_statement');
    assert.equal(statement.status.code, SpanStatusCode.UNSET, 'it had finished');
    const { attributes } = bed.spanOf('close_statement');
    // From 1.9 on the driver reads one file ahead; before, the first file may have been handed over.
    const chunks = Number(attributes['databricks.result.chunk_count']);
    assert.ok(chunks === 0 || (chunks === 1 && !isDriverAtLeast(1, 9)), `${chunks} chunks`);
    assert.equal(attributes['databricks.result.row_count'], chunks * 100);
    assert.equal(attributes['databricks.result.chunks_present'], 3);
  });

  it('keeps the spans of downloads that outlive their fetch and the close', async () => {
    const sql = 'SELECT * FROM range(1000) /* local-warehouse: cloudfetch=10 */';
    const hang = bed.warehouse.fault({ match: 'storage', hang: 'headers' });
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(sql, CLOUD_FETCH);
      const running = operation.fetchChunk({ maxRows: 10 }).catch(() => {});
      await bed.warehouse.received('storage', 10);
      await operation.close();
      hang.remove();
      await running;
    });
    await until(() => bed.spansOf('cloudfetch_download').length === 10);
    const { attributes } = bed.spanOf('close_statement');
    assert.equal(attributes['databricks.result.size'], 0, 'none had arrived');
    const [facts] = bed.warehouse.statements;
    for (const span of bed.spansOf('cloudfetch_download')) {
      assert.equal(span.attributes['databricks.statement.id'], facts?.id);
      assert.equal(
        span.links[0]?.context.traceId,
        bed.spanOf('execute_statement').spanContext().traceId,
      );
    }
  });

  it('counts what was given to the consumer apart from what was downloaded', async function () {
    if (!HAS_ITERATORS) this.skip();
    const sql = 'SELECT * FROM range(1000) /* local-warehouse: cloudfetch=10 */';
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(sql, CLOUD_FETCH);
      for await (const row of operation.iterateRows({ autoClose: true })) {
        await bed.warehouse.answered('storage', 10);
        assert.ok(row);
        break;
      }
    });
    const { attributes } = bed.spanOf('close_statement');
    assert.equal(attributes['databricks.result.chunk_count'], 1);
    assert.equal(attributes['databricks.result.chunks_present'], 10);
    assert.equal(attributes['databricks.result.row_count'], 100);
  });

  it('counts the requests that were sent again', async function () {
    if (!RETRIES) this.skip();
    const client = await bed.connect();
    client.getConfig().retryDelayMin = 1;
    const session = await client.openSession();
    bed.warehouse.fault({ match: 'storage', status: 503, times: 2 });
    const operation = await session.executeStatement(
      'SELECT * FROM range(100) /* local-warehouse: cloudfetch=1 polls=1 */',
      CLOUD_FETCH,
    );
    bed.warehouse.fault({ match: 'GetOperationStatus', status: 503, times: 1 });
    await operation.fetchAll();
    await operation.close();
    await session.close();
    await client.close();
    const retries = 'databricks.http.retry_count';
    assert.equal(bed.spanOf('cloudfetch_download').attributes[retries], 2);
    assert.equal(bed.spanOf('execute_statement').attributes[retries], 1);
    assert.equal(bed.spanOf('close_statement').attributes[retries], 3);
    assert.equal(bed.spanOf('close_session').attributes[retries], undefined);
  });

  it('runs under the fetch that scheduled it', async () => {
    await fetchAll('SELECT * FROM range(200) /* local-warehouse: cloudfetch=2 */');
    const fetches = new Set(bed.spansOf('fetch').map((span) => span.spanContext().spanId));
    for (const span of bed.spansOf('cloudfetch_download')) {
      assert.ok(fetches.has(span.parentSpanContext?.spanId ?? ''));
    }
    assert.equal(trace.getActiveSpan(), undefined);
  });
});

function hasLz4(): boolean {
  const requireFromDriver = createRequire(DRIVER_MAIN);
  try {
    requireFromDriver(isDriverAtLeast(2, 0) ? 'lz4-napi' : 'lz4');
    return true;
  } catch {
    return false;
  }
}

/** Lets the event loop turn until the condition holds; mocha's time-out ends a vain wait. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
