import * as assert from 'node:assert/strict';
import type { HrTime } from '@opentelemetry/api';
import {
  amountIn,
  count,
  flag,
  hrTimeToMillis,
  idIn,
  secondsToMillis,
  text,
} from '../src/attribute-values';

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
    assert.equal(text('x'), 'x');
    assert.equal(text('x'.repeat(1_024))?.length, 1_024);
    for (const value of ['', 'x'.repeat(1_025), 7, true, ['x'], undefined]) {
      assert.equal(text(value), undefined);
    }
    assert.equal(text(undefined), undefined);
  });

  it('is a flag when it is a boolean', () => {
    assert.equal(flag(false), false);
    assert.equal(flag(true), true);
    for (const value of ['true', 1, undefined]) assert.equal(flag(value), undefined);
    assert.equal(flag(undefined), undefined);
  });

  it('is a count when it is an integer from 0 that JSON can carry', () => {
    assert.equal(count(0), 0);
    assert.equal(count(Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
    for (const value of [-1, 1.5, Number.NaN, 2 ** 53, '1', undefined]) {
      assert.equal(count(value), undefined);
    }
    assert.equal(count(undefined), undefined);
  });

  it('is a duration in milliseconds when it is a number of seconds from 0', () => {
    assert.equal(secondsToMillis(0), 0);
    assert.equal(secondsToMillis(1.2345), 1_235);
    for (const value of [-1, Number.NaN, Infinity, 2 ** 53, '1', undefined]) {
      assert.equal(secondsToMillis(value), undefined, String(value));
    }
  });
});

describe('idIn', () => {
  it('takes texts of up to 256 characters', () => {
    assert.equal(idIn('a'), 'a');
    assert.equal(idIn('x'.repeat(256))?.length, 256);
    for (const id of ['', 'x'.repeat(257), 7, ['a'], undefined]) {
      assert.equal(idIn(id), undefined);
    }
  });
});

describe('amountIn', () => {
  it('takes finite numbers from 0', () => {
    assert.equal(amountIn(0), 0);
    assert.equal(amountIn(1.5), 1.5);
    for (const n of [-1, Number.NaN, Infinity, '1', true, undefined]) {
      assert.equal(amountIn(n), undefined);
    }
  });
});
