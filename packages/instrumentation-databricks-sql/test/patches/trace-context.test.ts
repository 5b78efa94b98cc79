import assert from 'node:assert/strict';
import { isDriverAtLeast } from '../support/driver';
import { TestBed } from '../support/test-bed';

describe('traceContext', () => {
  let bed: TestBed;

  before(async () => {
    bed = await TestBed.start();
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
  });

  function sentTags(): (string | undefined)[] {
    return bed.warehouse.requestsTo('ExecuteStatement').map(({ args }) => {
      const { confOverlay } = args as { confOverlay?: { query_tags?: string } };
      return confOverlay?.query_tags;
    });
  }

  it('is not sent unless asked for', async () => {
    await bed.withSession((session) => session.executeStatement('SELECT 1'));
    assert.deepEqual(sentTags(), [undefined]);
  });

  it('is a query tag of the statement`s own span', async () => {
    bed.instrumentation.setConfig({ traceContext: 'query-tags' });
    await bed.withSession((session) => session.executeStatement('SELECT 1'));
    const { traceId, spanId } = bed.spanOf('execute_statement').spanContext();
    assert.deepEqual(sentTags(), [`traceparent:00-${traceId}-${spanId}-01`]);
  });

  it('comes behind the application`s tags, and never in place of its own', async function () {
    if (!isDriverAtLeast(1, 14)) this.skip();
    bed.instrumentation.setConfig({ traceContext: 'query-tags' });
    const own = { queryTags: { traceparent: 'mine' } };
    const options = { queryTags: { team: 'a:b', batch: null } };
    await bed.withSession(async (session) => {
      await session.executeStatement('SELECT 1', options);
      await session.executeStatement('SELECT 1', own);
    });
    const [tags, untouched] = sentTags();
    assert.match(tags ?? '', /^team:a\\:b,batch,traceparent:00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.equal(untouched, 'traceparent:mine');
    assert.deepEqual(options, { queryTags: { team: 'a:b', batch: null } });
  });
});
