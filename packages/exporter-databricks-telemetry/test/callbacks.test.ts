import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const APPLICATION = join(__dirname, 'fixtures/failing-callbacks.js');
/** A process that is held is killed, which fails the test. */
const HELD_MS = 120_000;

describe('functions of the application that fail', function () {
  this.timeout(HELD_MS);

  it('have no effect: nothing is thrown, unhandled, unaccounted, printed or left behind', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [APPLICATION], {
      timeout: HELD_MS,
    });
    assert.equal(stderr, '');
    assert.match(stdout, /^\d{3} combinations\n$/);
  });
});
