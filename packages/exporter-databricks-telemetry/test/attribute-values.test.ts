import * as assert from 'node:assert/strict';
import type { HrTime } from '@opentelemetry/api';
import * as fc from 'fast-check';
import { count, epochMillis, flag, hrTimeToMillis, millis, text } from '../src/attribute-values';

describe('epochMillis', () => {
  it('has all thirteen digits, rounded to the next second where it has to be', () => {
    const cases: readonly (readonly [HrTime, string])[] = [
      [[1_800_000_000, 0], '1800000000000'],
      [[1_800_000_000, 7_400_000], '1800000000007'],
      [[1_800_000_000, 45_000_000], '1800000000045'],
      [[1_800_000_000, 999_499_999], '1800000000999'],
      [[1_800_000_000, 999_500_000], '1800000001000'],
      [[0, 5_000_000], '5'],
      [[1.5, 0], '1500'],
    ];
    for (const [time, digits] of cases) assert.equal(epochMillis(time), digits);
  });

  it('is what the number is', () => {
    const time = fc.tuple(
      fc.oneof(fc.nat(), fc.integer(), fc.double({ noNaN: true, min: 0, max: 4e9 })),
      fc.oneof(fc.nat(999_999_999), fc.integer()),
    );
    fc.assert(
      fc.property(time, (value) => {
        assert.equal(epochMillis(value), String(hrTimeToMillis(value)));
      }),
    );
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

  it('is milliseconds when it is seconds from 0', () => {
    assert.equal(millis({ a: 0 }, 'a'), 0);
    assert.equal(millis({ a: 1.2345 }, 'a'), 1_235);
    for (const value of [-1, Number.NaN, Infinity, 2 ** 53, '1', undefined]) {
      assert.equal(millis({ a: value }, 'a'), undefined);
    }
    assert.equal(millis(undefined, 'a'), undefined);
  });
});
