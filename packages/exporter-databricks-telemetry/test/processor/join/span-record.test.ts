import assert from 'node:assert/strict';
import { SpanRecord } from '../../../src/processor/join/span-record';
import type { ReadableSpan } from '../../../src/otel';
import type { Join } from '../../../src/record';
import { span } from '../../fixtures/spans';

function joinOf(kind: Join['kind']): Join {
  return { kind, connection: undefined, completion: undefined };
}

describe('SpanRecord', () => {
  it('is the span, as far as an exporter can see', () => {
    const original: ReadableSpan = {
      ...span('execute_statement', { isError: true, events: [] }),
      parentSpanContext: { traceId: 'a', spanId: 'b', traceFlags: 1 },
      droppedAttributesCount: 1,
      droppedEventsCount: 2,
      droppedLinksCount: 3,
    };
    const joined = new SpanRecord(original, joinOf('operation'), 7);
    assert.equal(joined.spanContext(), original.spanContext());
    const names = Object.keys(original).filter((name) => name !== 'spanContext');
    assert.ok(names.length > 12);
    for (const name of names as (keyof ReadableSpan)[]) {
      assert.equal((joined as ReadableSpan)[name], original[name], name);
    }
  });

  it('knows errors', () => {
    const subject = span('execute_statement');
    assert.ok(new SpanRecord(subject, joinOf('error'), 1).isError);
    assert.ok(!new SpanRecord(subject, joinOf('operation'), 1).isError);
  });
});
