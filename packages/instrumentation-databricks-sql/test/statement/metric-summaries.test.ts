import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { MetricSummaries } from '../../src/statement/metric-summaries';

describe('MetricSummaries', () => {
  it('keeps the first summaries and replaces all others with _OTHER', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.integer({ min: 0, max: 5 }), (summaries, limit) => {
        const bounded = new MetricSummaries(limit);
        const first = new Set([...new Set(summaries)].slice(0, limit));
        for (const summary of summaries) {
          const expected = first.has(summary) ? summary : '_OTHER';
          assert.equal(bounded.bounded(summary), expected);
        }
      }),
    );
  });

  it('has a limit of 500 by default', () => {
    const bounded = new MetricSummaries();
    const names = new Set(Array.from({ length: 3_000 }, (_, i) => bounded.bounded(`SELECT t${i}`)));
    assert.equal(names.size, 501);
    assert.equal(bounded.bounded('SELECT t0'), 'SELECT t0');
  });
});
