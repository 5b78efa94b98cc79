import assert from 'node:assert/strict';
import { assert as assertProperty, array, integer, property } from 'fast-check';
import { AXES, impossible } from '../src/axes';
import { coveringSet } from '../src/covering-set';
import type { Axes } from '../src/covering-set';

function uncoveredPairs(axes: Axes, cells: readonly Readonly<Record<string, string>>[]): string[] {
  const names = Object.keys(axes);
  return names.flatMap((first) =>
    names
      .filter((second) => second > first)
      .flatMap((second) =>
        (axes[first] ?? []).flatMap((a) =>
          (axes[second] ?? [])
            .filter((b) => !cells.some((cell) => cell[first] === a && cell[second] === b))
            .map((b) => `${first}=${a} ${second}=${b}`),
        ),
      ),
  );
}

describe('coveringSet', () => {
  it('has every pair of values of any axes', () => {
    assertProperty(
      property(array(integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 5 }), (sizes) => {
        const axes = Object.fromEntries(
          sizes.map((size, axis) => [
            `axis${axis}`,
            Array.from({ length: size }, (_, value) => `${axis}.${value}`),
          ]),
        );
        const { cells } = coveringSet(axes, () => undefined);
        assert.deepStrictEqual(uncoveredPairs(axes, cells), []);
        const product = sizes.reduce((total, size) => total * size, 1);
        assert.ok(cells.length <= product);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves out what cannot exist and says why', () => {
    const axes = { sdk: ['2', '3'], node: ['20', '22'], app: ['esm'] };
    const { cells, impossible: ruledOut } = coveringSet(axes, ({ sdk, node }) =>
      sdk === '3' && node === '20' ? 'too old' : undefined,
    );
    assert.deepStrictEqual(ruledOut, [{ values: ['3', '20'], reason: 'too old' }]);
    assert.deepStrictEqual(uncoveredPairs(axes, cells), ['node=20 sdk=3']);
  });

  it('says so when a rule over three axes leaves a pair without a cell', () => {
    const axes = { a: ['1'], b: ['1'], c: ['1'] };
    assert.throws(
      () => coveringSet(axes, ({ a, b, c }) => (a && b && c ? 'never' : undefined)),
      /No cell can hold a=1 and b=1/,
    );
  });

  it('covers the axes of the compatibility run with few more cells than the largest two need', () => {
    const { cells, impossible: ruledOut } = coveringSet(AXES, impossible);
    assert.deepStrictEqual(uncoveredPairs(AXES, cells), ['node=20 sdk=3.1']);
    assert.strictEqual(ruledOut.length, 1);
    assert.ok(cells.length <= 32, `${cells.length} cells`);
  });
});
