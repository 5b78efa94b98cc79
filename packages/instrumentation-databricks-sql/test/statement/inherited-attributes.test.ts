import { context, propagation, trace } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import { isDriverAtLeast } from '../support/driver';
import { TestBed } from '../support/test-bed';

const AGENT = ['gen_ai.agent.name', 'gen_ai.tool.name', 'gen_ai.conversation.id'];

describe('inheritedAttributes', () => {
  let bed: TestBed;

  before(async () => {
    bed = await TestBed.start();
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
  });

  /** One statement below the span of a tool, with the baggage of its agent. */
  async function runTool(): Promise<void> {
    const baggage = propagation.createBaggage({
      'gen_ai.agent.name': { value: 'planner' },
      'user.email': { value: 'somebody@example.com' },
    });
    const attributes = { 'gen_ai.tool.name': 'count', 'gen_ai.input': 'secret', deep: ['a'] };
    const span = bed.provider.getTracer('agent').startSpan('execute_tool', { attributes });
    const parent = trace.setSpan(propagation.setBaggage(context.active(), baggage), span);
    await context.with(parent, () =>
      bed.withSession(async (session) => {
        await (await session.executeStatement('SELECT 1')).close();
      }),
    );
    span.end();
  }

  it('are taken over from the baggage and the active span, and nothing else is', async () => {
    bed.instrumentation.setConfig({ inheritedAttributes: [...AGENT, 'deep', 'db.system.name'] });
    await runTool();
    const { attributes } = bed.spanOf('execute_statement');
    assert.equal(attributes['gen_ai.agent.name'], 'planner');
    assert.equal(attributes['gen_ai.tool.name'], 'count');
    assert.equal(attributes['db.system.name'], 'databricks');
    for (const name of ['gen_ai.conversation.id', 'gen_ai.input', 'user.email', 'deep']) {
      assert.ok(!(name in attributes), name);
    }
  });

  it('are none by default', async () => {
    await runTool();
    const names = Object.keys(bed.spanOf('execute_statement').attributes);
    assert.deepEqual(
      names.filter((name) => name.startsWith('gen_ai.')),
      [],
    );
  });

  it('stand in the query tags that list them', async function () {
    if (!isDriverAtLeast(1, 14)) this.skip();
    bed.instrumentation.setConfig({ inheritedAttributes: AGENT, queryTags: { baggage: AGENT } });
    await runTool();
    assert.deepEqual(bed.warehouse.statements[0]?.queryTags, {
      gen_ai_agent_name: 'planner',
      gen_ai_tool_name: 'count',
    });
  });

  it('do not make anything fail when the active span cannot be read', async () => {
    bed.instrumentation.setConfig({ inheritedAttributes: AGENT });
    const broken = trace.wrapSpanContext({
      traceId: '0'.repeat(31) + '1',
      spanId: '0'.repeat(15) + '1',
      traceFlags: 1,
    });
    Object.defineProperty(broken, 'attributes', {
      get: () => {
        throw new Error('unreadable');
      },
    });
    await context.with(trace.setSpan(context.active(), broken), () =>
      bed.withSession((session) => session.executeStatement('SELECT 1')),
    );
    assert.equal(bed.spanOf('execute_statement').status.code, 0);
  });
});
