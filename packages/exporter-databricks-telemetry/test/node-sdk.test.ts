import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { assertBalanced } from './accounting-assertions';
import type { Seen } from './fixtures/node-sdk-application';

/** The real driver in a process of its own, under NodeSDK and the HTTP instrumentation. */
describe('under NodeSDK', function () {
  this.timeout(60_000);
  let seen: Seen;

  before(() => {
    const output = execFileSync(
      process.execPath,
      [join(__dirname, 'fixtures/node-sdk-application.js')],
      { encoding: 'utf8' },
    );
    seen = JSON.parse(output) as Seen;
  });

  it('as one of several processors: the others see the spans, the workspace the records', () => {
    assert.deepEqual(seen.operations, [
      'connect',
      'open_session',
      'execute_statement',
      'fetch',
      'close_statement',
      'close_session',
    ]);
    assert.equal(seen.batched, seen.operations.length + seen.httpSpans.length);
    assert.ok(seen.logs >= 3);
  });

  it('its own requests are not traced, those of the driver are', () => {
    assert.ok(seen.telemetryRequests > 0);
    assert.ok(seen.httpSpans.length > 0);
    assert.deepEqual(
      seen.httpSpans.filter(({ isBelowOurs }) => !isBelowOurs),
      [],
    );
    assert.ok(seen.httpSpans.every(({ url }) => !/telemetry|feature-flags/.test(url)));
  });

  it('a second provider brings its spans too, and nothing is lost from the books', () => {
    assertBalanced(seen.stats);
    assert.deepEqual([seen.stats.offered, seen.stats.delivered, seen.logs], [4, 4, 4]);
  });
});
