import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { clock } from '../../src/clock';
import { DiagRecorder } from '../diag-recorder';
import { Benches } from './bench';

describe('a process that was frozen while records waited', () => {
  const benches = new Benches();

  async function warningsAfter(suspendedMs: number): Promise<string[]> {
    const recorder = new DiagRecorder().install();
    const { driver } = benches.make();
    for (const session of ['a', 'b']) {
      driver.openSession(session);
      const monotonicMs = clock.monotonicMs.bind(clock);
      clock.monotonicMs = () => monotonicMs() + suspendedMs;
      await benches.clock.tickAsync(5_000);
    }
    recorder.remove();
    return recorder.lines.filter(({ level }) => level === 'warn').map(({ text }) => text);
  }

  it('warns once, with the time and the number of records', async () => {
    const [line = '', ...others] = await warningsAfter(60_000);
    assert.match(
      line,
      /did not run for 60 s while 1 telemetry record waited.*await forceFlush\(\)/,
    );
    assert.deepEqual(others, []);
  });

  it('does not warn of a timer that is a little late', async () => {
    assert.deepEqual(await warningsAfter(2_000), []);
  });
});
