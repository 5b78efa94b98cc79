import { SpanStatusCode } from '@opentelemetry/api';
import type { SpanContext } from '@opentelemetry/api';
import { AlwaysOffSampler, AlwaysOnSampler } from '@opentelemetry/sdk-trace-base';
import assert from 'node:assert/strict';
import { isDriverAtLeast } from '../support/driver';
import { HAS_KERNEL, KERNEL_ABSENCE } from '../support/kernel';
import { RecordingOwner } from '../support/telemetry-owner';
import { TestBed } from '../support/test-bed';
import type { Client, Session } from '../support/test-bed';

/** The body of a request of the kernel, as far as it matters here. */
interface SentStatement {
  readonly statement: string;
  readonly query_tags?: readonly object[];
}

function tagOf(context: SpanContext | undefined): object {
  return { key: 'traceparent', value: `00-${context?.traceId}-${context?.spanId}-01` };
}

async function fetchAll(session: Session, sql: string): Promise<void> {
  const operation = await session.executeStatement(sql);
  await operation.fetchAll();
  await operation.close();
}

function selectOne(session: Session): Promise<void> {
  return fetchAll(session, 'SELECT 1');
}

describe(`the kernel${KERNEL_ABSENCE}`, () => {
  let bed: TestBed;

  before(async function () {
    if (!HAS_KERNEL) this.skip();
    bed = await TestBed.start();
  });
  after(() => bed?.stop());
  beforeEach(() => {
    bed.reset();
  });

  async function withKernel(
    story: (session: Session, client: Client) => Promise<void>,
    options: object = {},
  ): Promise<void> {
    const client = await bed.connect({ ...bed.warehouse.kernelConnectionOptions(), ...options });
    const session = await client.openSession();
    await story(session, client);
    await session.close();
    await client.close();
  }

  it('is traced as far as JavaScript sees it', async () => {
    await withKernel(async (session) => {
      await fetchAll(session, 'SELECT * FROM range(5)');
      await assert.rejects(session.executeStatement('SELECT * FROM nowhere'));
    });

    const connect = bed.spanOf('connect').attributes;
    assert.equal(connect['server.address'], '127.0.0.1');
    assert.equal(connect['server.port'], bed.warehouse.port);
    for (const { attributes } of bed.spans) {
      assert.equal(attributes['databricks.client.backend'], 'kernel');
    }
    const [statement, failed] = bed.spansOf('execute_statement');
    assert.equal(statement?.attributes['databricks.statement.state'], 'FINISHED');
    assert.equal(statement?.attributes['databricks.statement.id'], bed.warehouse.statements[0]?.id);
    assert.equal(statement?.attributes['databricks.statement.poll_count'], undefined, 'not known');
    assert.equal(failed?.attributes['error.type'], '42P01');
    assert.equal(failed?.attributes['databricks.error.condition'], 'TABLE_OR_VIEW_NOT_FOUND');
    const close = bed.spanOf('close_statement').attributes;
    assert.equal(close['databricks.result.row_count'], 5);
    assert.equal(bed.spansOf('close_session').length, 1);
  });

  for (const hints of ['arrow=4 lz4=off', 'cloudfetch=4 lz4']) {
    it(`counts the batches of ${hints}, and makes up no chunks`, async () => {
      await withKernel((session) =>
        fetchAll(session, `SELECT * FROM range(1000) /* local-warehouse: ${hints} */`),
      );
      const close = bed.spanOf('close_statement').attributes;
      assert.equal(close['databricks.result.row_count'], 1000);
      assert.equal(close['databricks.result.batch_count'], 4);
      assert.ok(Number(close['databricks.result.batch_size']) > 1000 * 8, 'a BIGINT each');
      assert.ok(Number(close['databricks.result.batch_duration']) > 0);
      for (const unknown of ['format', 'chunk_count', 'chunks_present', 'size', 'compressed']) {
        assert.equal(close[`databricks.result.${unknown}`], undefined, unknown);
      }
      assert.equal(bed.spansOf('cloudfetch_download').length, 0);
      assert.equal(bed.spansOf('fetch')[0]?.attributes['databricks.result.format'], undefined);
    });
  }

  it('counts them when nothing is sampled, too', async () => {
    bed.sampler = new AlwaysOffSampler();
    await withKernel(async (session) => {
      const operation = await session.executeStatement(
        'SELECT * FROM range(400) /* local-warehouse: arrow=4 */',
      );
      await operation.fetchAll();
      bed.sampler = new AlwaysOnSampler();
      await operation.close();
    });
    const close = bed.spanOf('close_statement').attributes;
    assert.equal(close['databricks.result.batch_count'], 4);
  });

  it('ends a statement that was submitted asynchronously when it is over', async () => {
    await withKernel(async (session) => {
      const operation = await session.executeStatement(
        'SELECT * FROM range(5) /* local-warehouse: polls=2 */',
        { runAsync: true },
      );
      assert.equal(bed.spansOf('execute_statement').length, 0, 'it still runs');
      await operation.finished();
      assert.equal(bed.spansOf('execute_statement').length, 1);
      await operation.close();
    });
    const { attributes } = bed.spanOf('execute_statement');
    assert.equal(attributes['databricks.statement.state'], 'FINISHED');
    assert.equal(attributes['databricks.statement.poll_count'], undefined, 'not known');
  });

  it('ends a statement that was not when the call resolves', async () => {
    await withKernel(async (session) => {
      const operation = await session.executeStatement('SELECT 1');
      assert.equal(
        bed.spanOf('execute_statement').attributes['databricks.statement.state'],
        'FINISHED',
      );
      await operation.close();
    });
  });

  it('is given the trace context with the application`s own tags and options', async () => {
    const options = { queryTags: { team: 'a' }, maxRows: 7 };
    const own = { queryTags: { traceparent: 'mine' } };
    await withKernel(async (session) => {
      await session.executeStatement('SELECT 1');
      bed.instrumentation.setConfig({ traceContext: 'query-tags' });
      await session.executeStatement('SELECT 2');
      await session.executeStatement('SELECT 3', options);
      await session.executeStatement('SELECT 4', own);
      await session.getCatalogs();
    });
    assert.deepEqual(options, { queryTags: { team: 'a' }, maxRows: 7 });
    const sent = bed.warehouse.requests.flatMap(({ name, args }) =>
      name === 'PostStatement' ? [args as unknown as SentStatement] : [],
    );
    const [, second, third] = bed.spansOf('execute_statement').map((span) => span.spanContext());
    assert.deepEqual(
      sent.map(({ statement, query_tags: tags }) => [statement, tags]),
      [
        ['SELECT 1', undefined],
        ['SELECT 2', [tagOf(second)]],
        ['SELECT 3', [tagOf(third), { key: 'team', value: 'a' }]],
        ['SELECT 4', [{ key: 'traceparent', value: 'mine' }]],
        ['SHOW CATALOGS', undefined],
      ],
    );
  });

  it('tells a cancel', async () => {
    await withKernel(async (session) => {
      const operation = await session.executeStatement(
        'SELECT 1 /* local-warehouse: polls=forever */',
        { runAsync: true },
      );
      await operation.cancel();
    });
    const { attributes, status } = bed.spanOf('execute_statement');
    assert.equal(attributes['databricks.statement.state'], 'CANCELED');
    assert.equal(status.code, SpanStatusCode.UNSET);
    assert.equal(bed.spansOf('cancel_statement').length, 1);
  });

  it('tells a file that cannot be downloaded', async () => {
    const sql = 'SELECT * FROM range(300) /* local-warehouse: cloudfetch=3 error=download@1 */';
    await withKernel(
      async (session) => {
        await assert.rejects(fetchAll(session, sql));
      },
      { retryMaxAttempts: 1 },
    );
    const failed = bed.spans.filter(({ status }) => status.code === SpanStatusCode.ERROR);
    assert.ok(failed.length > 0);
    const told = JSON.stringify(bed.spans.map(({ attributes, events }) => [attributes, events]));
    assert.ok(!told.includes('X-Amz') && !told.includes('/warehouse-results/'), 'no presigned URL');
  });

  it('traces the metadata calls', async () => {
    await withKernel(async (session) => {
      const operation = await session.getTables({ catalogName: 'main', schemaName: 'sales' });
      await operation.fetchAll();
      await operation.close();
    });
    const { attributes } = bed.spanOf('get_tables');
    assert.equal(attributes['databricks.statement.state'], 'FINISHED');
    assert.equal(attributes['db.namespace'], 'main|sales');
  });

  it('sees whether its own telemetry is on, and turns it off where ours replaces it', async function () {
    // Before, it was the driver's, which refuses loopback hosts.
    if (!isDriverAtLeast(2, 1)) this.skip();
    await withKernel(selectOne, { telemetryEnabled: true });
    const owner = new RecordingOwner();
    bed.warehouse.clearLogs();
    await withKernel(selectOne, { telemetryEnabled: true });
    owner.stop();
    assert.deepEqual(
      bed
        .spansOf('open_session')
        .map(({ attributes }) => attributes['databricks.driver.telemetry_enabled']),
      [true, false],
    );
    assert.deepEqual(bed.warehouse.telemetry, []);
    assert.deepEqual(bed.warehouse.requestsTo('feature-flags'), []);
  });
});
