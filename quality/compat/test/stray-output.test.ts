import assert from 'node:assert/strict';
import { strayLines } from '../src/stray-output';

describe('strayLines', () => {
  it('lets the warnings of the driver itself pass', () => {
    const output = [
      '(node:12) [DEP0040] DeprecationWarning: The `punycode` module is deprecated. Please use …',
      '(Use `node --trace-deprecation ...` to show where the warning was created)',
      '',
    ].join('\n');
    assert.deepStrictEqual(strayLines(output), []);
  });

  it('names every other line', () => {
    const lines = ['(node:12) Warning: something', 'databricks: flushed'];
    assert.deepStrictEqual(strayLines(lines.join('\n')), lines);
  });
});
