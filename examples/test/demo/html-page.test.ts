import * as assert from 'node:assert/strict';
import { SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { htmlPage } from '../../src/demo/html-page';

function span(traceId: string, name: string) {
  return {
    name,
    spanContext: () => ({ traceId, spanId: '00f067aa0ba902b7', traceFlags: TraceFlags.SAMPLED }),
    startTime: [1_700_000_000, 0] as [number, number],
    endTime: [1_700_000_001, 0] as [number, number],
    status: { code: SpanStatusCode.UNSET },
    attributes: {},
  };
}

describe('htmlPage', () => {
  it('shows one waterfall per trace and escapes the names of spans', () => {
    const hostile = span('0af7651916cd43dd8448eb211c80319c', '</pre><script>&');
    const page = htmlPage([hostile, span('4bf92f3577b34da6a3ce929d0e0e4736', 'SELECT orders')]);
    assert.equal(page.match(/<pre>/g)?.length, 2);
    assert.ok(!page.includes('<script'));
    assert.ok(page.includes('&lt;script&gt;&amp;'));
    assert.ok(page.includes('SELECT orders'));
    assert.doesNotMatch(page, /https?:/);
  });
});
