import * as assert from 'node:assert';
import type { HrTime } from '@opentelemetry/api';
import * as fc from 'fast-check';
import { epochMillis, hrTimeToMillis } from '../../src/frontend-log/attribute-values';

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
