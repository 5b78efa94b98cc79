import * as assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { range } from '../../src';
import { resized } from '../../src/engine/relation';

describe('relations', () => {
  it('of range hold what SQL says', () => {
    const bound = fc.bigInt({ min: -50n, max: 50n });
    const step = fc.bigInt({ min: -7n, max: 7n }).filter((value) => value !== 0n);
    fc.assert(
      fc.property(bound, bound, step, (start, end, increment) => {
        const expected: bigint[] = [];
        for (let id = start; increment > 0n ? id < end : id > end; id += increment) {
          expected.push(id);
        }
        const relation = range(start, end, increment);
        const [ids = []] = relation.read(0, relation.rowCount);
        assert.deepStrictEqual(Array.from(ids), expected);
      }),
    );
  });

  it('that are resized repeat from the first row on, whatever part is read', () => {
    const size = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(
        size,
        fc.integer({ min: 0, max: 60 }),
        fc.nat(60),
        fc.nat(60),
        (rows, wanted, a, b) => {
          const relation = resized(range(0n, BigInt(rows), 1n), wanted);
          const [from, to] = [Math.min(a, b, wanted), Math.min(Math.max(a, b), wanted)];
          const [ids = []] = relation.read(from, to);
          assert.strictEqual(relation.rowCount, wanted);
          assert.deepStrictEqual(
            Array.from(ids, Number),
            Array.from({ length: to - from }, (_, index) => (from + index) % rows),
          );
        },
      ),
    );
  });
});
