import { createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import type { Context } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { LinkedContext } from '../../src/patches/linked-context';

const KEYS = ['a', 'b', 'c', 'd'].map((name) => createContextKey(name));
const key = fc.constantFrom(...KEYS);
const change = fc.oneof(fc.record({ set: key, value: fc.integer() }), fc.record({ delete: key }));

function values(context: Context): unknown[] {
  return KEYS.map((each) => context.getValue(each));
}

describe('LinkedContext', () => {
  it('has the values that a context of the API has, whatever is set and deleted, and changes none', () => {
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 20 }),
        key,
        fc.integer(),
        (changes, first, value) => {
          let ours: Context = new LinkedContext(ROOT_CONTEXT.setValue(KEYS[0]!, 0), first, value);
          let theirs = ROOT_CONTEXT.setValue(KEYS[0]!, 0).setValue(first, value);
          for (const step of changes) {
            const [before, was] = [ours, values(ours)];
            if ('set' in step) {
              ours = ours.setValue(step.set, step.value);
              theirs = theirs.setValue(step.set, step.value);
            } else {
              ours = ours.deleteValue(step.delete);
              theirs = theirs.deleteValue(step.delete);
            }
            assert.deepEqual(values(ours), values(theirs));
            assert.deepEqual(values(before), was);
          }
        },
      ),
    );
  });

  it('does not grow with the contexts it is within', () => {
    const [one, other, absent] = KEYS as [symbol, symbol, symbol];
    let context: Context = ROOT_CONTEXT;
    for (let depth = 0; depth < 100_000; depth += 1) {
      context = new LinkedContext(context, one, depth).setValue(other, depth);
    }
    assert.equal(context.getValue(absent), undefined, 'the stack would not do for so many');
    assert.deepEqual([context.getValue(one), context.getValue(other)], [99_999, 99_999]);
  });
});
