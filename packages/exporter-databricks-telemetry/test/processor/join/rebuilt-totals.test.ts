import assert from 'node:assert/strict';
import type { Attributes, HrTime } from '@opentelemetry/api';
import { hasTotals, RebuiltTotals } from '../../../src/processor/join/rebuilt-totals';
import type { ReadableSpan } from '../../../src/otel';

function span(attributes: Attributes, duration?: HrTime | null): ReadableSpan {
  return { attributes, duration } as unknown as ReadableSpan;
}

describe('hasTotals', () => {
  it('is told by rows or chunks, also none of them', () => {
    assert.ok(hasTotals({ 'databricks.result.row_count': 0 }));
    assert.ok(hasTotals({ 'databricks.result.chunk_count': 0 }));
    assert.ok(!hasTotals({ 'databricks.result.row_count': -1 }));
    assert.ok(!hasTotals({ 'databricks.result.size': 1 }));
  });
});

function compressedAfter(...values: unknown[]): unknown {
  const totals = new RebuiltTotals();
  for (const value of values) {
    totals.downloaded(span({ 'databricks.result.compressed': value } as Attributes));
  }
  return totals.toAttributes()['databricks.result.compressed'];
}

describe('RebuiltTotals', () => {
  it('has the rows and the first format of the fetches', () => {
    const totals = new RebuiltTotals();
    totals.fetched(span({ 'databricks.fetch.row_count': 4 }));
    totals.fetched(span({ 'databricks.result.format': 'inline_arrow' }));
    totals.fetched(
      span({ 'databricks.fetch.row_count': 3, 'databricks.result.format': 'inline_columnar' }),
    );
    assert.deepEqual(totals.toAttributes(), {
      'databricks.result.row_count': 7,
      'databricks.result.format': 'inline_arrow',
    });
  });

  it('takes no format that is no text', () => {
    const totals = new RebuiltTotals();
    totals.fetched(span({ 'databricks.result.format': 7 }));
    assert.deepEqual(totals.toAttributes(), {});
  });

  it('times the downloads that took a time', () => {
    const totals = new RebuiltTotals();
    const first = { 'databricks.cloudfetch.chunk_index': 0 };
    const durations: (HrTime | null)[] = [null, [0, 0], [Infinity, 0], [-1, 0]];
    for (const duration of durations) totals.downloaded(span(first, duration));
    assert.deepEqual(totals.toAttributes(), {
      'databricks.result.format': 'cloudfetch',
      'databricks.result.chunk_count': 4,
    });
    totals.downloaded(span(first, [0, 250_000_000]));
    totals.downloaded(span({ 'databricks.cloudfetch.chunk_index': 1 }, [1, 500_000_000]));
    totals.downloaded(span(first, [0, 500_000_000]));
    assert.deepEqual(totals.toAttributes(), {
      'databricks.result.format': 'cloudfetch',
      'databricks.result.chunk_count': 7,
      'databricks.cloudfetch.first_duration': 0.25,
      'databricks.cloudfetch.slowest_duration': 1.5,
      'databricks.cloudfetch.total_duration': 2.25,
    });
  });

  it('is compressed when any file was', () => {
    assert.equal(compressedAfter(undefined, 'yes'), undefined);
    assert.equal(compressedAfter(false), false);
    assert.equal(compressedAfter(false, true, false), true);
  });
});
