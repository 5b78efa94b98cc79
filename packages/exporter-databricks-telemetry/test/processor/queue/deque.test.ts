import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { Deque } from '../../../src/processor/queue/deque';

describe('Deque', () => {
  it('does what an array does, at both ends', () => {
    const step = fc.constantFrom('pushBack', 'pushFront', 'shiftFront', 'popBack');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
        const ring = new Deque<number>();
        const model: number[] = [];
        for (const [value, name] of steps.entries()) {
          if (name === 'pushBack') {
            ring.pushBack(value);
            model.push(value);
          } else if (name === 'pushFront') {
            ring.pushFront(value);
            model.unshift(value);
          } else {
            const expected = name === 'shiftFront' ? model.shift() : model.pop();
            assert.equal(ring[name](), expected);
          }
          assert.equal(ring.length, model.length);
          assert.equal(ring.first, model[0]);
        }
      }),
    );
  });
});
