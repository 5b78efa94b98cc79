import assert from 'node:assert/strict';
import * as sinon from 'sinon';
import {
  clock,
  startBackgroundTimer,
  startImmediate,
  startTimeLimit,
  startTimer,
} from '../src/clock';
import { DiagRecorder } from './diag-recorder';
import { useFakeClock } from './fake-clock';

const START = { startTimer, startBackgroundTimer, startTimeLimit };

function fails(): never {
  throw new Error('defect');
}

describe('clock', () => {
  afterEach(() => sinon.restore());

  it('is not affected by fake timers that are installed later', async () => {
    const fake = sinon.useFakeTimers();
    try {
      await new Promise<void>((resolve) => {
        startTimer('test', 1, resolve);
      });
      assert.equal(fake.countTimers(), 0);
      assert.equal(Date.now(), 0);
      assert.ok(clock.epochMs() > 0);
    } finally {
      fake.restore();
    }
  });

  describe('with timers that are numbers', () => {
    for (const [name, start] of Object.entries(START)) {
      it(`${name} works as with objects`, () => {
        const setTimer = sinon.stub().returns(7);
        sinon.replace(clock, 'setTimeout', setTimer);
        const cleared = sinon.stub();
        sinon.replace(clock, 'clearTimeout', cleared);
        const called = sinon.stub();
        const timer = start('test', 10, called);
        timer.unref();
        setTimer.yield();
        assert.ok(called.calledOnce);
        timer.cancel();
        assert.ok(cleared.calledOnceWith(7));
      });
    }

    it('startImmediate works as with objects', () => {
      sinon.replace(clock, 'setImmediate', () => 7);
      const cleared = sinon.stub();
      sinon.replace(clock, 'clearImmediate', cleared);
      startImmediate('test', () => undefined).cancel();
      assert.ok(cleared.calledOnceWith(7));
    });
  });

  describe('with faked time', () => {
    let fake: sinon.SinonFakeTimers;

    beforeEach(() => {
      fake = useFakeClock();
    });
    afterEach(() => fake.restore());

    for (const [name, start] of Object.entries(START)) {
      it(`${name} ends an exception of its callback`, () => {
        const diag = new DiagRecorder().install();
        start('test', 10, fails);
        fake.tick(10);
        diag.remove();
        assert.equal(fake.countTimers(), 0);
        assert.ok(diag.lines.some(({ text }) => text.includes('test failed')));
      });
    }

    it('a time limit is reached in time', () => {
      const reached = sinon.stub();
      startTimeLimit('test', 5_000, reached);
      fake.tick(4_999);
      assert.ok(reached.notCalled);
      fake.tick(1);
      assert.ok(reached.calledOnce);
    });

    it('a time limit is extended once, by a second, after the process was stopped', () => {
      const reached = sinon.stub();
      startTimeLimit('test', 5_000, reached);
      sinon.replace(clock, 'monotonicMs', () => performance.now() + 60_000);
      fake.tick(5_000);
      assert.ok(reached.notCalled);
      fake.tick(1_000);
      assert.ok(reached.calledOnce);
    });

    it('an answer that arrived while the process was stopped is still read', () => {
      const reached = sinon.stub();
      const limit = startTimeLimit('test', 5_000, reached);
      sinon.replace(clock, 'monotonicMs', () => performance.now() + 60_000);
      fake.tick(5_000);
      limit.cancel();
      fake.tick(5_000);
      assert.ok(reached.notCalled);
    });
  });
});
