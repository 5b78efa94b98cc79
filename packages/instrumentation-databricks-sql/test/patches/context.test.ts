import { context, trace } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import https from 'node:https';
import { restore, stub } from 'sinon';
import { HAS_ITERATORS, ITERATES_RUNNING_STATEMENTS } from '../support/driver';
import { TestBed } from '../support/test-bed';

describe('context', () => {
  let bed: TestBed;

  before(async () => {
    bed = await TestBed.start();
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
  });
  afterEach(() => {
    restore();
  });

  it('has our span active while the driver sends its requests', async () => {
    const active = new Map<string, string | undefined>();
    const { request } = https;
    stub(https, 'request').callsFake((...args: unknown[]) => {
      const outgoing = Reflect.apply(request, https, args) as ReturnType<typeof request>;
      const span = trace.getSpan(context.active()) as { name?: string } | undefined;
      const end = outgoing.end.bind(outgoing);
      active.set(`${active.size}`, span?.name);
      outgoing.end = end;
      return outgoing;
    });
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(
        'SELECT * FROM range(20) /* local-warehouse: cloudfetch=2 polls=1 */',
        { useCloudFetch: true },
      );
      await operation.finished();
      await operation.fetchAll();
      await operation.close();
    });
    const names = [...active.values()];
    assert.equal(names.length, bed.warehouse.requests.length);
    assert.ok(!names.includes(undefined), names.join());
    const of = (name: string): number => names.filter((other) => other === name).length;
    assert.equal(of('openSession 127.0.0.1'), 1);
    assert.equal(of('SELECT range'), 2, 'submit and poll');
    assert.equal(of('cloudfetch.download'), 2);
    assert.equal(of('close'), 1);
    assert.equal(of('closeSession'), 1);
    assert.equal(trace.getActiveSpan(), undefined);
  });

  it('never mixes parallel statements of one session', async function () {
    this.timeout(60_000);
    const client = await bed.connect();
    const session = await client.openSession();
    const statement = fc.record({
      rows: fc.integer({ min: 1, max: 60 }),
      polls: fc.integer({ min: 0, max: 2 }),
      shape: fc.constantFrom('cloudfetch=3', 'arrow=2 pages=2', 'columnar=2 pages=2'),
      way: fc.constantFrom('all', 'rows', 'chunks'),
      turns: fc.integer({ min: 0, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(statement, { minLength: 2, maxLength: 5 }), async (statements) => {
        bed.reset();
        await Promise.all(
          statements.map(async ({ rows, polls, shape, way, turns }, index) => {
            for (let turn = 0; turn < turns; turn += 1) {
              await new Promise((resolve) => setImmediate(resolve));
            }
            const operation = await session.executeStatement(
              `SELECT ${index} FROM range(${rows}) /* local-warehouse: ${shape} polls=${polls} rows=${rows} */`,
              { useCloudFetch: true },
            );
            if (!ITERATES_RUNNING_STATEMENTS) await operation.finished();
            if (way === 'all' || !HAS_ITERATORS) await operation.fetchAll();
            else if (way === 'rows') for await (const row of operation.iterateRows()) void row;
            else for await (const chunk of operation.iterateChunks()) void chunk;
            await operation.close();
          }),
        );
        for (const facts of bed.warehouse.statements) {
          const own = bed.spans.filter(
            ({ attributes }) => attributes['databricks.statement.id'] === facts.id,
          );
          const of = (name: string) =>
            own.filter(({ attributes }) => attributes['databricks.operation'] === name);
          const [span] = of('execute_statement');
          const [close] = of('close_statement');
          assert.ok(span && close);
          assert.equal(span.attributes['databricks.statement.poll_count'], facts.polls);
          assert.equal(
            close.attributes['databricks.result.row_count'],
            facts.plan && rowsOf(facts.sql),
          );
          assert.equal(close.attributes['databricks.result.chunk_count'], facts.chunksServed);
          if (facts.bytesServed > 0) {
            assert.equal(close.attributes['databricks.result.size'], facts.bytesServed);
          }
          for (const child of own) {
            if (child !== span) {
              assert.equal(child.links[0]?.context.spanId, span.spanContext().spanId);
              assert.equal(child.spanContext().traceId, span.spanContext().traceId);
            }
          }
        }
      }),
      { numRuns: 8 },
    );
    await session.close();
    await client.close();
  });
});

function rowsOf(sql: string | undefined): number {
  return Number(/rows=(\d+)/.exec(sql ?? '')?.[1]);
}
