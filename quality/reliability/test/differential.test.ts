import * as assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { NEVER_SETTLED, Pair } from '../src/differential/pair';
import { programs } from '../src/differential/program';

/** `DIFFERENTIAL_PROGRAMS=5000 npx mocha …` for a night; `DIFFERENTIAL_SEED` repeats one. */
const PROGRAMS = Number(process.env['DIFFERENTIAL_PROGRAMS'] ?? 60);
const SEED = process.env['DIFFERENTIAL_SEED'];
const PROGRAM_TIMEOUT_MS = 60_000;

describe('the driver, bare and traced', function () {
  this.timeout(20_000 + PROGRAMS * PROGRAM_TIMEOUT_MS);

  it('is the same to the application, to the warehouse and to the console, whatever goes wrong', async () => {
    const pair = await Pair.start();
    let calls = 0;
    let failed = 0;
    let requests = 0;
    let unsettled = 0;
    try {
      await fc.assert(
        fc.asyncProperty(programs, async (program) => {
          const { bare, traced, unaccounted } = await pair.run(program);
          assert.deepStrictEqual(traced, bare);
          assert.deepStrictEqual(unaccounted, [0, 0]);
          calls += bare.transcript.length;
          failed += bare.transcript.filter((line) => /: (?:threw|rejected)/.test(line)).length;
          requests += bare.wire.length;
          if (bare.transcript.at(-1) === NEVER_SETTLED) unsettled += 1;
        }),
        {
          numRuns: PROGRAMS,
          ...(SEED === undefined ? {} : { seed: Number(SEED) }),
          endOnFailure: false,
          interruptAfterTimeLimit: PROGRAMS * PROGRAM_TIMEOUT_MS,
        },
      );
    } finally {
      const { bare, traced } = await pair.end();
      assert.deepStrictEqual(traced, bare);
      assert.deepStrictEqual(bare, { code: 0, output: '' });
    }
    if (process.env['DIFFERENTIAL_PROGRAMS'] !== undefined) {
      console.log(
        `${PROGRAMS} programs, ${calls} calls, ${failed} of them failed, ${requests} requests, ${unsettled} that the bare driver never ends either`,
      );
    }
  });
});
