import * as assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { parseHint } from '../src/script-hint';

describe('script hints', () => {
  it('say everything a script can', () => {
    const hint =
      'polls=forever submit-delay=1 poll-delay=2 fetch-delay=3 download-delay=4 rows=5 rows-per-chunk=6 ' +
      'cloudfetch=7 pages=8 lz4 direct=off close=on link-lifetime=9 error=download@3:GONE:08000';
    assert.deepStrictEqual(parseHint(`SELECT 1 /* local-warehouse: ${hint} */`), {
      polls: Infinity,
      submitDelayMs: 1,
      pollDelayMs: 2,
      fetchDelayMs: 3,
      downloadDelayMs: 4,
      rows: 5,
      rowsPerChunk: 6,
      format: 'cloudfetch',
      chunks: 7,
      pages: 8,
      compressed: true,
      directResults: false,
      closeOperation: true,
      linkLifetimeMs: 9,
      error: { at: 'download', index: 3, condition: 'GONE', sqlState: '08000' },
    });
  });

  it('are not there in other SQL', () => {
    assert.deepStrictEqual(parseHint('SELECT 1 /* polls=3 */'), {});
  });

  it('ignore keys that every object inherits', () => {
    for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      assert.deepStrictEqual(parseHint(`/* local-warehouse: ${key}=1 ${key} */`), {}, key);
    }
  });

  it('never fail, whatever they hold', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseHint(`/* local-warehouse: ${text} */`);
      }),
    );
  });
});
