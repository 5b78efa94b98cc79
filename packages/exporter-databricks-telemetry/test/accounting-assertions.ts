import assert from 'node:assert/strict';
import type { ProcessorStats } from '../src';

/** The accounting equation; true at every moment. */
export function assertBalanced(stats: ProcessorStats): void {
  const dropped = Object.values(stats.dropped).reduce((sum, count) => sum + count, 0);
  assert.equal(stats.offered, stats.delivered + stats.pending + dropped, JSON.stringify(stats));
}
