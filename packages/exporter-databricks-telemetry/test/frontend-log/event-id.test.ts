import * as assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { eventId } from '../../src/frontend-log/event-id';

const TRACE_ID = '0123456789abcdef0123456789abcdef';
const SPAN_ID = 'fedcba9876543210';

function idOf(traceId: string, spanId: string, kind: 'operation' | 'error' = 'operation'): string {
  return eventId({ traceId, spanId, traceFlags: 1 }, kind);
}

describe('eventId', () => {
  it('has all digits of the span id, most of the trace id, and tells the kind', () => {
    assert.equal(idOf(TRACE_ID, SPAN_ID), '01234567-89ab-8fed-8cba-9876543210ef');
    assert.equal(idOf(TRACE_ID, SPAN_ID, 'error'), '01234567-89ab-8fed-9cba-9876543210ef');
  });

  it('differs where the span id does, in whichever digit', () => {
    for (let digit = 0; digit < SPAN_ID.length; digit += 1) {
      const changed = SPAN_ID[digit] === '7' ? '8' : '7';
      const other = SPAN_ID.slice(0, digit) + changed + SPAN_ID.slice(digit + 1);
      assert.notEqual(idOf(TRACE_ID, other), idOf(TRACE_ID, SPAN_ID), `digit ${digit}`);
    }
  });

  it('is a UUID whatever the ids are, and never the same for ids that are none', () => {
    const anything = fc.oneof(fc.string({ maxLength: 40 }), fc.constant(TRACE_ID));
    fc.assert(
      fc.property(anything, anything, (traceId, spanId) => {
        assert.match(idOf(traceId, spanId), /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        assert.notEqual(
          idOf(traceId, `${spanId}"`.slice(-16)),
          idOf(traceId, `${spanId}"`.slice(-16)),
        );
      }),
    );
    assert.notEqual(idOf(TRACE_ID, '0000000000000000'), idOf(TRACE_ID, '0000000000000000'));
    assert.notEqual(idOf(TRACE_ID.toUpperCase(), SPAN_ID), idOf(TRACE_ID.toUpperCase(), SPAN_ID));
  });
});
