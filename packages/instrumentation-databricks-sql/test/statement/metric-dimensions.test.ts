import { context, diag, DiagLogLevel, propagation } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import type { DatabricksSqlInstrumentationConfig } from '../../src';
import { keepDiagnostics } from '../support/diagnostics';
import { RETRIES } from '../support/driver';
import { TestBed } from '../support/test-bed';
import type { Session } from '../support/test-bed';

const DURATION = 'db.client.operation.duration';

async function run(session: Session, sql: string): Promise<void> {
  const operation = await session.executeStatement(sql);
  await operation.fetchAll();
  await operation.close();
}

describe('metrics by an attribute of the application', () => {
  let bed: TestBed;
  let warnings: string[];

  beforeEach(async () => {
    bed = await TestBed.start();
    warnings = [];
    keepDiagnostics(DiagLogLevel.WARN, (...parts) => {
      warnings.push(parts.join(' '));
    });
  });
  afterEach(async () => {
    diag.disable();
    await bed.stop();
  });

  /** The attributes of the durations of `count` statements, and how many statements they are. */
  async function durations(
    config: DatabricksSqlInstrumentationConfig,
    count = 1,
  ): Promise<{ attributes: Attributes[]; total: number }> {
    bed.instrumentation.setConfig(config);
    await bed.withSession(async (session) => {
      for (let index = 0; index < count; index += 1) await run(session, 'SELECT 1');
    });
    const points = (await bed.metric(DURATION)).filter(
      ({ attributes }) => attributes['db.query.summary'] === 'SELECT',
    );
    let total = 0;
    for (const { value } of points) total += typeof value === 'number' ? value : value.count;
    return { attributes: points.map(({ attributes }) => attributes), total };
  }

  const BASE = { 'db.query.summary': 'SELECT', 'db.system.name': 'databricks' };

  it('have those of the hook, which is given the statement', async () => {
    const requests: unknown[] = [];
    const { attributes } = await durations({
      metricAttributes: (request) => {
        requests.push(request);
        return { route: '/orders', retries: 2, cached: true };
      },
    });
    const [{ route, retries, cached } = {}] = attributes;
    assert.deepEqual([route, retries, cached], ['/orders', '2', 'true']);
    assert.deepEqual(requests, [
      { operation: 'execute_statement', statement: 'SELECT 1', request: undefined },
    ]);
    const [rows] = await bed.metric('db.client.response.returned_rows');
    assert.equal(rows?.attributes['route'], '/orders');
  });

  it('have the listed entries of the baggage, and no other', async () => {
    const baggage = propagation.createBaggage({
      'tenant.id': { value: 'a' },
      secret: { value: 's' },
    });
    const { attributes } = await context.with(
      propagation.setBaggage(context.active(), baggage),
      () => durations({ metricBaggageKeys: ['tenant.id', 'absent'] }),
    );
    assert.equal(attributes[0]?.['tenant.id'], 'a');
    assert.ok(!('secret' in (attributes[0] ?? {})) && !('absent' in (attributes[0] ?? {})));
  });

  it('have 100 values of a hook that returns ever more, then _OTHER, and count every statement', async () => {
    let calls = 0;
    const { attributes, total } = await durations(
      { metricAttributes: () => ({ user: `u${(calls += 1)}` }) },
      150,
    );
    assert.equal(total, 150);
    assert.equal(attributes.length, 101);
    assert.ok(attributes.some(({ user }) => user === '_OTHER'));
  });

  it('have 10 names of a hook that returns 10,000', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`n${index}`, 'v']),
    );
    const { attributes, total } = await durations({ metricAttributes: () => many }, 2);
    assert.equal(total, 2);
    assert.equal(Object.keys(attributes[0] ?? {}).filter((name) => /^n\d/.test(name)).length, 10);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /at most 10 names/);
  });

  const FAILING: readonly [string, () => never][] = [
    [
      'throws',
      () => {
        throw new Error('the hook failed');
      },
    ],
    ['rejects', (() => Promise.reject(new Error('the hook failed'))) as () => never],
  ];
  for (const [how, hook] of FAILING) {
    it(`are unaffected by a hook that ${how}`, async () => {
      const { attributes, total } = await durations({ metricAttributes: hook }, 2);
      assert.equal(total, 2);
      assert.equal(attributes.length, 1);
      assert.deepEqual({ ...attributes[0], ...BASE }, attributes[0]);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? '', /metricAttributes failed/);
    });
  }

  for (const given of [null, 7, 'text', { route: {} }, { 'db.system.name': 'other' }]) {
    it(`are unaffected by a hook that returns ${JSON.stringify(given)}`, async () => {
      const { attributes } = await durations({ metricAttributes: () => given as never });
      assert.equal(attributes[0]?.['db.system.name'], 'databricks');
      assert.ok(!('route' in (attributes[0] ?? {})));
    });
  }

  it('have the warehouse, and metrics count the requests that were sent again', async () => {
    bed.warehouse.fault({ match: 'CloseSession', status: 503, times: 1, retryAfter: 1 });
    await bed.withSession((session) => run(session, 'SELECT 1'));
    for (const name of [
      DURATION,
      'databricks.client.statement.active',
      'db.client.response.returned_rows',
    ]) {
      const [point] = await bed.metric(name);
      assert.equal(point?.attributes['databricks.warehouse.id'], bed.warehouse.warehouseId, name);
    }
    if (!RETRIES) return;
    const [retries] = await bed.metric('databricks.client.http.retry.count');
    assert.equal(retries?.value, 1);
    assert.equal(retries.attributes['databricks.warehouse.id'], bed.warehouse.warehouseId);
    assert.equal(retries.attributes['server.address'], '127.0.0.1');
  });
});
