import { setImmediate } from 'node:timers/promises';

/** Statements between two turns of the event loop, as many as the peer's batch holds. */
export const STATEMENTS_PER_TURN = 100;

/** Does `count` units of synchronous work and lets what they left pending settle, every hundred and at the end. */
export async function inTurns(count: number, work: (index: number) => void): Promise<void> {
  for (let index = 0; index < count; index++) {
    work(index);
    if (index % STATEMENTS_PER_TURN === STATEMENTS_PER_TURN - 1) await setImmediate();
  }
  await setImmediate();
}
