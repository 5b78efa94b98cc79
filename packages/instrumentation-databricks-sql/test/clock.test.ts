import { diag, DiagLogLevel } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import { restore, stub, useFakeTimers } from 'sinon';
import { clock, startBackgroundTimer } from '../src/clock';
import { Guard } from '../src/guard';
import { keepDiagnostics } from './support/diagnostics';

describe('startBackgroundTimer', () => {
  afterEach(() => {
    restore();
    diag.disable();
  });

  it('ignores fake timers that an application installs later', async () => {
    const fake = useFakeTimers();
    const beforeMs = clock.monotonicMs();
    try {
      await new Promise<void>((resolve) => {
        startBackgroundTimer(new Guard(diag), 'test', 1, resolve);
        // Holds the process until then.
        const hold = clock.setTimeout(() => {}, 1_000);
        const release = resolve;
        startBackgroundTimer(new Guard(diag), 'test', 2, () => {
          clock.clearTimeout(hold);
          release();
        });
      });
      assert.equal(fake.countTimers(), 0);
      assert.ok(clock.monotonicMs() > beforeMs);
    } finally {
      fake.restore();
    }
  });

  for (const handle of [42, undefined, null, { unref: 1 }, Object.freeze({})]) {
    it(`accepts ${JSON.stringify(handle)} as the handle of a timer`, () => {
      const cleared = stub(clock, 'clearTimeout');
      stub(clock, 'setTimeout').returns(handle);
      startBackgroundTimer(new Guard(diag), 'test', 1, () => {}).cancel();
      assert.deepEqual(cleared.args, [[handle]]);
    });
  }

  it('reports what its callback throws', () => {
    const warnings: string[] = [];
    keepDiagnostics(DiagLogLevel.WARN, (...parts) => {
      warnings.push(parts.join(' '));
    });
    const set = stub(clock, 'setTimeout').returns(1);
    startBackgroundTimer(new Guard(diag), 'test', 1, () => {
      throw new Error('callback');
    });
    set.firstCall.args[0]();
    assert.match(warnings.join(''), /test failed \(Error\)/);
  });
});
