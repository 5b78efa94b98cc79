import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DiagRecorder } from '../diag-recorder';
import { Benches } from './bench';

describe('start line of the processor', () => {
  const benches = new Benches();

  async function infos(options: object): Promise<string[]> {
    const recorder = new DiagRecorder();
    const { driver } = benches.make(options);
    recorder.install();
    try {
      for (const session of ['a', 'b']) {
        driver.openSession(session);
        await benches.clock.tickAsync(10_000);
      }
    } finally {
      recorder.remove();
    }
    return recorder.lines.filter(({ level }) => level === 'info').map(({ text }) => text);
  }

  it('says the options that differ from their defaults, once', async () => {
    const [line = '', ...others] = await infos({ maxQueueSize: 20, scheduledDelayMs: 5_000 });
    assert.match(line, /options of the span processor: maxQueueSize 20$/);
    assert.deepEqual(others, []);
  });

  it('is not there when none does', async () => {
    assert.deepEqual(await infos({}), []);
  });
});
