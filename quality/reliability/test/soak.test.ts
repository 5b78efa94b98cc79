import * as assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { slope } from '../src/soak/slope';

const MAIN = path.resolve(__dirname, '../src/soak/main.js');
const STATEMENTS = 1_500;

describe('the soak', function () {
  this.timeout(120_000);

  it('in short: no record lost, nothing held', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      '--expose-gc',
      MAIN,
      '--statements',
      String(STATEMENTS),
    ]);
    assert.strictEqual(stderr, '');
    const result = JSON.parse(stdout) as { statements: number; processor: { offered: number } };
    assert.ok(result.statements >= STATEMENTS);
    assert.ok(result.processor.offered >= result.statements);
  });

  it('sees growth', () => {
    const points = Array.from({ length: 50 }, (_, x) => ({ x, y: 7 * x + (x % 3) }));
    const { perUnit, error } = slope(points);
    assert.ok(Math.abs(perUnit - 7) < 0.05);
    assert.ok(error < 0.05);
  });
});
