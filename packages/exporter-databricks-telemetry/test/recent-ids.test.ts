import assert from 'node:assert/strict';
import { RecentIds } from '../src/recent-ids';

describe('RecentIds', () => {
  it('knows the newest ids and keeps no more than two generations', () => {
    const ids = new RecentIds(10);
    for (let index = 0; index < 1_000; index += 1) {
      ids.add(`id ${index}`);
      assert.ok(ids.size <= 20);
      assert.ok(ids.size >= Math.min(index + 1, 10));
      for (let known = Math.max(0, index - 9); known <= index; known += 1) {
        assert.ok(ids.has(`id ${known}`));
      }
    }
    assert.ok(!ids.has('id 0'));
    ids.clear();
    assert.equal(ids.size, 0);
    assert.ok(!ids.has('id 999'));
  });
});
