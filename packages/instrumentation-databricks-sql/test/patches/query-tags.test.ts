import { context, diag, DiagLogLevel, propagation } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOffSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import assert from 'node:assert/strict';
import type { DatabricksSqlInstrumentationConfig } from '../../src';
import { keepDiagnostics } from '../support/diagnostics';
import { isDriverAtLeast } from '../support/driver';
import { HAS_KERNEL, KERNEL_ABSENCE } from '../support/kernel';
import { TestBed } from '../support/test-bed';
import type { Session } from '../support/test-bed';

const SERVICE = resourceFromAttributes({ 'service.name': 'orders', 'service.version': '7' });

/** Runs `story` as a request of one tenant. */
function asTenant<T>(tenant: string, story: () => Promise<T>): Promise<T> {
  const baggage = propagation.createBaggage({
    'tenant.id': { value: tenant },
    'user.email': { value: 'somebody@example.com' },
  });
  return context.with(propagation.setBaggage(context.active(), baggage), story);
}

async function run(session: Session, sql: string, options?: object): Promise<void> {
  const operation = await session.executeStatement(sql, options);
  await operation.fetchAll();
  await operation.close();
}

describe('query tags of the options', () => {
  let bed: TestBed;
  let warnings: string[];

  before(async () => {
    bed = await TestBed.start();
    bed.expectsLeaks = true;
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
    warnings = [];
    keepDiagnostics(DiagLogLevel.WARN, (...parts) => {
      warnings.push(parts.join(' '));
    });
  });
  afterEach(() => {
    diag.disable();
    bed.instrumentation.setTracerProvider(bed.provider);
  });

  function useService(sampler?: AlwaysOffSampler): void {
    bed.instrumentation.setTracerProvider(
      new BasicTracerProvider({ resource: SERVICE, ...(sampler && { sampler }) }),
    );
  }

  /** The rows of the query history: each statement's SQL and its tags. */
  function history(): [string | undefined, object][] {
    return bed.warehouse.statements
      .filter(({ operation }) => operation === 'ExecuteStatement')
      .map(({ sql, queryTags }) => [sql, queryTags]);
  }

  function configure(config: DatabricksSqlInstrumentationConfig): void {
    bed.instrumentation.setConfig(config);
  }

  it('are none by default', async () => {
    await bed.withSession((session) => asTenant('acme', () => run(session, 'SELECT 1')));
    assert.deepEqual(history(), [['SELECT 1', {}]]);
  });

  for (const sampler of [undefined, new AlwaysOffSampler()]) {
    it(`give each row of a service for two tenants its service and tenant, ${sampler ? 'sampled out' : 'sampled'}`, async () => {
      useService(sampler);
      configure({
        queryTags: { resource: ['service.name'], baggage: ['tenant.id'], values: { team: 'a,b' } },
      });
      await bed.withSession(async (session) => {
        const requests = Array.from({ length: 20 }, (_, index) =>
          asTenant(index % 2 === 0 ? 'acme' : 'zeta', () => run(session, `SELECT ${index}`)),
        );
        await Promise.all(requests);
      });
      assert.equal(history().length, 20);
      for (const [sql = '', tags] of history()) {
        const tenant = Number(sql.split(' ')[1]) % 2 === 0 ? 'acme' : 'zeta';
        assert.deepEqual(tags, { team: 'a,b', service_name: 'orders', tenant_id: tenant });
      }
      assert.deepEqual(warnings, []);
    });
  }

  it('of resource and constants are sent once, with the session', async () => {
    useService();
    configure({
      queryTags: { traceparent: true, resource: ['service.name'], values: { team: 'a' } },
    });
    await bed.withSession((session) => run(session, 'SELECT 1'));
    const [open] = bed.warehouse.requestsTo('OpenSession');
    const { configuration } = (open?.args ?? {}) as { configuration?: { QUERY_TAGS?: string } };
    assert.equal(configuration?.QUERY_TAGS, 'team:a,service_name:orders');
    const [execute] = bed.warehouse.requestsTo('ExecuteStatement');
    const { confOverlay } = (execute?.args ?? {}) as { confOverlay?: { query_tags?: string } };
    assert.match(confOverlay?.query_tags ?? '', /^traceparent:00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('reach statements of a session that was opened without them', async () => {
    useService();
    await bed.withSession(async (session) => {
      configure({ queryTags: { resource: ['service.name'], values: { team: 'a' } } });
      await run(session, 'SELECT 1');
      configure({ queryTags: { values: { team: 'b' } } });
      await run(session, 'SELECT 2');
      configure({});
      await run(session, 'SELECT 3');
    });
    assert.deepEqual(history(), [
      ['SELECT 1', { team: 'a', service_name: 'orders' }],
      ['SELECT 2', { team: 'b' }],
      ['SELECT 3', {}],
    ]);
  });

  it('never hold an entry of the baggage that is not listed', async () => {
    configure({ queryTags: { baggage: ['tenant.id', 'absent'] } });
    await bed.withSession((session) => asTenant('acme', () => run(session, 'SELECT 1')));
    assert.deepEqual(history(), [['SELECT 1', { tenant_id: 'acme' }]]);
    assert.ok(!JSON.stringify(bed.warehouse.requests).includes('somebody'));
  });

  it('are read from the environment where no SDK has a resource', async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      OTEL_SERVICE_NAME: 'from-environment',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=a%20b, service.name=other',
    });
    try {
      configure({
        queryTags: { resource: ['service.name', 'deployment.environment.name', 'host.name'] },
      });
      bed.instrumentation.setTracerProvider({ getTracer: () => bed.provider.getTracer('x') });
      const bare = new BasicTracerProvider({ resource: resourceFromAttributes({}) });
      bed.instrumentation.setTracerProvider(bare);
      await bed.withSession(async (session) => {
        await run(session, 'SELECT 1');
        await run(session, 'SELECT 2');
      });
    } finally {
      process.env = before;
    }
    const tags = { service_name: 'from-environment', deployment_environment_name: 'a b' };
    assert.deepEqual(history(), [
      ['SELECT 1', tags],
      ['SELECT 2', tags],
    ]);
    assert.equal(warnings.length, 1, 'one line for the attribute that nothing has');
    assert.match(warnings[0] ?? '', /resource has no host\.name.*OTEL_RESOURCE_ATTRIBUTES/);
  });

  it('do not wait for attributes of the resource that are still promises, and log no error', async () => {
    const pending = resourceFromAttributes({
      'service.name': 'orders',
      'host.id': new Promise<string>(() => {}),
    });
    bed.instrumentation.setTracerProvider(new BasicTracerProvider({ resource: pending }));
    configure({ queryTags: { resource: ['service.name', 'host.id'] } });
    await bed.withSession((session) => run(session, 'SELECT 1'));
    assert.deepEqual(history(), [['SELECT 1', { service_name: 'orders' }]]);
    assert.deepEqual(
      warnings.filter((line) => !line.includes('host.id')),
      [],
    );
  });

  describe('beside the application`s', () => {
    before(function () {
      if (!isDriverAtLeast(1, 14)) this.skip();
    });

    it('never push one out, and override none', async () => {
      useService();
      configure({
        queryTags: { traceparent: true, baggage: ['tenant.id'], values: { team: 'ours' } },
      });
      const twenty = Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [`k${index}`, 'v']),
      );
      const { k0: _, ...nineteen } = twenty;
      const client = await bed.connect();
      const session = await client.openSession({ queryTags: { team: 'own' } });
      await asTenant('acme', async () => {
        await run(session, 'SELECT 1', { queryTags: { tenant_id: 'own', plain: null } });
        await run(session, 'SELECT 2', { queryTags: nineteen });
      });
      const full = await client.openSession({ queryTags: twenty });
      await asTenant('acme', () => run(full, 'SELECT 3'));
      await client.close();

      const [first, second, third] = history().map(([, tags]) => tags as Record<string, unknown>);
      const { traceparent, ...others } = first ?? {};
      assert.match(String(traceparent), /^00-/);
      assert.deepEqual(others, { team: 'own', tenant_id: 'own', plain: null });
      assert.deepEqual(second, { ...nineteen, team: 'own' });
      assert.deepEqual(third, twenty);
    });

    it('keep the 20 of a statement as the 21st would be ours', async () => {
      configure({ queryTags: { traceparent: true, baggage: ['tenant.id'] } });
      const twenty = Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [`k${index}`, 'v']),
      );
      await bed.withSession((session) =>
        asTenant('acme', () => run(session, 'SELECT 1', { queryTags: twenty })),
      );
      assert.deepEqual(history(), [['SELECT 1', twenty]]);
    });

    it('leave options of every shape as they are', async () => {
      configure({ queryTags: { baggage: ['tenant.id'], values: { team: 'ours' } } });
      class Options {
        #tags = Object.freeze({ own: 'x' });
        get queryTags(): object {
          return this.#tags;
        }
      }
      await bed.withSession((session) =>
        asTenant('acme', async () => {
          await run(session, 'SELECT 1', new Options());
          await run(session, 'SELECT 2', Object.freeze({ queryTags: Object.freeze({ a: 'b' }) }));
        }),
      );
      assert.deepEqual(history(), [
        ['SELECT 1', { team: 'ours', tenant_id: 'acme', own: 'x' }],
        ['SELECT 2', { team: 'ours', tenant_id: 'acme', a: 'b' }],
      ]);
    });
  });

  const KINDS = [
    ['Thrift', () => ({}), true],
    [`the kernel${KERNEL_ABSENCE}`, () => bed.warehouse.kernelConnectionOptions(), HAS_KERNEL],
  ] as const;
  for (const [kind, options, isThere] of KINDS) {
    describe(`in a workspace that refuses them, on ${kind}`, () => {
      before(function () {
        if (!isThere) this.skip();
      });
      const queryTags = { traceparent: true, baggage: ['tenant.id'], values: { team: 'a' } };

      it('fail no statement with send-without, and are not tried again', async () => {
        bed.warehouse.refusesQueryTags = true;
        configure({ queryTags: { ...queryTags, whenRefused: 'send-without' } });
        const client = await bed.connect(options());
        const session = await client.openSession();
        for (let index = 0; index < 3; index += 1) await run(session, `SELECT ${index}`);
        await session.close();
        await client.close();
        assert.deepEqual(history(), [
          ['SELECT 0', {}],
          ['SELECT 1', {}],
          ['SELECT 2', {}],
        ]);
        assert.equal(bed.warehouse.requestsTo(/^(OpenSession|CreateSession)$/).length, 2);
        assert.deepEqual(
          bed.spansOf('execute_statement').map(({ status }) => status.code),
          [0, 0, 0],
        );
        assert.equal(warnings.length, 1);
        assert.match(warnings[0] ?? '', /refused query tags.*enable query tags/);
      });

      it('are refused by a statement alone, too', async () => {
        configure({ queryTags: { ...queryTags, whenRefused: 'send-without' } });
        const client = await bed.connect(options());
        const session = await client.openSession();
        bed.warehouse.refusesQueryTags = true;
        await Promise.all([run(session, 'SELECT 1'), run(session, 'SELECT 2')]);
        await run(session, 'SELECT 3');
        await client.close();
        assert.deepEqual(
          new Set(history().map(([sql]) => sql)),
          new Set(['SELECT 1', 'SELECT 2', 'SELECT 3']),
        );
        assert.equal(bed.warehouse.requestsTo(/^(ExecuteStatement|PostStatement)$/).length, 5);
      });

      it('fail it otherwise, with the error of the workspace', async () => {
        bed.warehouse.refusesQueryTags = true;
        configure({ queryTags });
        const client = await bed.connect(options());
        await assert.rejects(client.openSession());
        configure({ queryTags: { traceparent: true } });
        const session = await client.openSession();
        await assert.rejects(session.executeStatement('SELECT 1'));
        await client.close();
        assert.deepEqual(history(), []);
      });

      it('leave other failures alone', async () => {
        configure({ queryTags: { ...queryTags, whenRefused: 'send-without' } });
        const client = await bed.connect(options());
        const session = await client.openSession();
        await assert.rejects(run(session, 'SELECT * FROM nowhere'));
        await client.close();
        assert.equal(history().length, 1);
      });
    });
  }
});
