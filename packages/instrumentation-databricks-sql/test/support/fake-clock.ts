import * as sinon from 'sinon';
import { clock } from '../../src/clock';
import type { Clock } from '../../src/clock';

const real: Clock = { ...clock };

/** Fakes timers and clocks of Node.js, and with them those that the package captured while it loaded. */
export function useFakeClock(
  ...config: Parameters<typeof sinon.useFakeTimers>
): sinon.SinonFakeTimers {
  const fake = sinon.useFakeTimers(...config);
  Object.assign(clock, {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    monotonicMs: () => performance.now(),
    epochMs: () => Date.now(),
  });
  const restore = fake.restore.bind(fake);
  fake.restore = () => {
    restore();
    Object.assign(clock, real);
  };
  return fake;
}
