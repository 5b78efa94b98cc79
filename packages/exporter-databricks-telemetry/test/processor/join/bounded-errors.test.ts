import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { BoundedErrors } from '../../../src/processor/join/bounded-errors';
import type { ReadableSpan } from '../../../src/otel';

describe('BoundedErrors', () => {
  it('keeps the first and the newest, in their order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(40), (max, count) => {
        const errors = new BoundedErrors(max);
        const spans = Array.from({ length: count }, (_, index) => ({ name: `${index}` }));
        for (const span of spans) errors.add(span as ReadableSpan);
        const expected = [
          ...spans.slice(0, 1),
          ...spans.slice(Math.max(1, count - max + 1)).slice(0, max - 1),
        ];
        assert.deepEqual(errors.inOrder(), expected);
        assert.equal(errors.overflow, Math.max(0, count - max));
      }),
    );
  });
});
