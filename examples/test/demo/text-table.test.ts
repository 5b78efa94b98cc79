import * as assert from 'node:assert/strict';
import { textTable } from '../../src/demo/text-table';

const WIDTH = 100;

describe('textTable', () => {
  it('shows values of every kind beneath their names', () => {
    const rows = [
      { id: 1, day: new Date(0), list: [1, null] },
      { id: 20, day: null, list: null },
    ];
    assert.deepStrictEqual(textTable(rows, WIDTH), [
      'id  day                       list',
      '──  ────────────────────────  ────────',
      '1   1970-01-01T00:00:00.000Z  [1,null]',
      '20  NULL                      NULL',
    ]);
  });

  it('is no wider than asked for, and says how many rows it leaves out', () => {
    const rows = Array.from({ length: 25 }, () => ({ text: 'x'.repeat(WIDTH * 2) }));
    const lines = textTable(rows, WIDTH);
    assert.ok(lines.every((line) => line.length <= WIDTH));
    assert.strictEqual(lines.at(-1), '… 5 more');
  });

  it('is nothing without rows', () => {
    assert.deepStrictEqual(textTable([], WIDTH), []);
  });
});
