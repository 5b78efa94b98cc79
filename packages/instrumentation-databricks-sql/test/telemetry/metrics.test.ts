import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import assert from 'node:assert/strict';
import { TestBed } from '../support/test-bed';
import type { MetricPoint } from '../support/test-bed';

const FORBIDDEN = /statement\.id|session\.id|connection\.id|query\.text/;

describe('metrics', () => {
  let bed: TestBed;

  beforeEach(async () => {
    bed = await TestBed.start();
  });
  afterEach(() => bed.stop());

  async function story(): Promise<void> {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement('SELECT * FROM range(7)');
      await operation.fetchAll();
      await operation.close();
      await assert.rejects(
        session.executeStatement(
          'SELECT 1 /* local-warehouse: error=submit:PARSE_SYNTAX_ERROR:42601 */',
        ),
      );
      const files = await session.executeStatement(
        'SELECT * FROM range(200) /* local-warehouse: cloudfetch=2 */',
        { useCloudFetch: true },
      );
      await files.fetchAll();
      await files.close();
    });
  }

  for (const sampled of [true, false]) {
    it(`are recorded ${sampled ? 'with' : 'without'} sampling`, async () => {
      if (!sampled) bed.sampler = new AlwaysOffSampler();
      await story();
      const server = {
        'db.system.name': 'databricks',
        'server.address': '127.0.0.1',
        'server.port': bed.warehouse.port,
        'databricks.warehouse.id': bed.warehouse.warehouseId,
      };
      const durations = await bed.metric('db.client.operation.duration');
      assert.deepEqual(
        durations.map(({ attributes, value }) => [
          attributes,
          typeof value === 'number' ? value : value.count,
        ]),
        [
          [{ ...server, 'db.query.summary': 'SELECT range' }, 2],
          [
            {
              ...server,
              'db.query.summary': 'SELECT',
              'error.type': '42601',
              'db.response.status_code': '42601',
            },
            1,
          ],
        ],
      );
      const rows = await bed.metric('db.client.response.returned_rows');
      assert.equal(histogram(rows).sum, 207);
      const downloads = await bed.metric('databricks.client.cloudfetch.download.duration');
      assert.equal(histogram(downloads).count, 2);
      const [size] = await bed.metric('databricks.client.cloudfetch.size');
      assert.equal(size?.value, bed.warehouse.statements.at(-1)?.bytesServed);
      for (const { attributes } of [...durations, ...rows, ...downloads]) {
        assert.doesNotMatch(Object.keys(attributes).join(), FORBIDDEN);
      }
    });
  }

  it('are recorded where a required parent is missing, and hooks are not called', async () => {
    let calls = 0;
    const hook = (): void => {
      calls += 1;
    };
    const hooks = { requestHook: hook, responseHook: hook };
    bed.instrumentation.setConfig({ requireParentSpan: true, ...hooks });
    await story();
    assert.equal(bed.spansOf('execute_statement').length, 0);
    assert.equal(calls, 0);
    const durations = await bed.metric('db.client.operation.duration');
    assert.equal(durations.length, 2);
    assert.equal(histogram(await bed.metric('db.client.response.returned_rows')).sum, 207);
  });

  it('count the statements that are open', async () => {
    const active = async (): Promise<unknown> =>
      (await bed.metric('databricks.client.statement.active'))[0]?.value;
    await bed.withSession(async (session) => {
      const first = await session.executeStatement('SELECT 1');
      await session.executeStatement('SELECT 2');
      const third = await session.executeStatement('SELECT 3 /* local-warehouse: polls=forever */');
      assert.equal(await active(), 3);
      await first.close();
      await first.close();
      await third.cancel();
      await third.close();
      assert.equal(await active(), 1);
    });
    assert.equal(await active(), 0);
  });

  it('stop counting what was open when the instrumentation is disabled', async () => {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement('SELECT 1');
      bed.instrumentation.disable();
      bed.instrumentation.enable();
      const [point] = await bed.metric('databricks.client.statement.active');
      assert.equal(point?.value, 0);
      await operation.close();
    });
    const [point] = await bed.metric('databricks.client.statement.active');
    assert.equal(point?.value, 0);
  });
});

function histogram(points: readonly MetricPoint[]): Exclude<MetricPoint['value'], number> {
  const value = points[0]?.value;
  assert.ok(typeof value === 'object');
  return value;
}
