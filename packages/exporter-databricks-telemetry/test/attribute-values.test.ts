import * as assert from 'node:assert/strict';
import type { HrTime } from '@opentelemetry/api';
import { amountIn, count, flag, hrTimeToMillis, idIn, text } from '../src/attribute-values';

describe('hrTimeToMillis', () => {
  it('rounds to whole milliseconds', () => {
    const cases: readonly (readonly [HrTime, number])[] = [
      [[1_800_000_000, 0], 1_800_000_000_000],
      [[1_800_000_000, 7_400_000], 1_800_000_000_007],
      [[1_800_000_000, 999_500_000], 1_800_000_001_000],
      [[0, 5_000_000], 5],
    ];
    for (const [time, expected] of cases) assert.equal(hrTimeToMillis(time), expected);
  });

  it('is unknown for what is no time', () => {
    for (const time of [
      [Number.NaN, 0],
      [Infinity, 0],
      [1e300, 0],
    ] as HrTime[]) {
      assert.equal(hrTimeToMillis(time), undefined);
    }
  });
});

describe('an attribute of any type', () => {
  it('is a text when it is a short one', () => {
    assert.equal(text({ a: 'x' }, 'a'), 'x');
    assert.equal(text({ a: 'x'.repeat(1_024) }, 'a')?.length, 1_024);
    for (const value of ['', 'x'.repeat(1_025), 7, true, ['x'], undefined]) {
      assert.equal(text({ a: value }, 'a'), undefined);
    }
    assert.equal(text(undefined, 'a'), undefined);
  });

  it('is a flag when it is a boolean', () => {
    assert.equal(flag({ a: false }, 'a'), false);
    assert.equal(flag({ a: true }, 'a'), true);
    for (const value of ['true', 1, undefined]) assert.equal(flag({ a: value }, 'a'), undefined);
    assert.equal(flag(undefined, 'a'), undefined);
  });

  it('is a count when it is an integer from 0 that JSON can carry', () => {
    assert.equal(count({ a: 0 }, 'a'), 0);
    assert.equal(count({ a: Number.MAX_SAFE_INTEGER }, 'a'), Number.MAX_SAFE_INTEGER);
    for (const value of [-1, 1.5, Number.NaN, 2 ** 53, '1', undefined]) {
      assert.equal(count({ a: value }, 'a'), undefined);
    }
    assert.equal(count(undefined, 'a'), undefined);
  });
});

describe('idIn', () => {
  it('takes texts of up to 256 characters', () => {
    assert.equal(idIn({ id: 'a' }, 'id'), 'a');
    assert.equal(idIn({ id: 'x'.repeat(256) }, 'id')?.length, 256);
    for (const id of ['', 'x'.repeat(257), 7, ['a'], undefined]) {
      assert.equal(idIn({ id }, 'id'), undefined);
    }
  });
});

describe('amountIn', () => {
  it('takes finite numbers from 0', () => {
    assert.equal(amountIn({ n: 0 }, 'n'), 0);
    assert.equal(amountIn({ n: 1.5 }, 'n'), 1.5);
    for (const n of [-1, Number.NaN, Infinity, '1', true, undefined]) {
      assert.equal(amountIn({ n }, 'n'), undefined);
    }
  });
});
