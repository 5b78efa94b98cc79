import { randomUUID } from 'node:crypto';

export const SESSION_ID = '01ef9a3b-1c2d-1e3f-8a9b-0c1d2e3f4a5b';

/** One flat text, as the instrumentation makes them: `randomUUID()` gives a tree of slices, read anew each time. */
export function newId(): string {
  return Buffer.from(randomUUID(), 'latin1').toString('latin1');
}

/** More ids than the queue and the statements in flight hold at once; they are taken round and round. */
const RING_SIZE = 8_192;
const ring: readonly string[] = Array.from({ length: RING_SIZE }, newId);
let next = 0;

/** A statement id, made beforehand so that no arm pays for it. */
export function statementId(): string {
  next = (next + 1) % RING_SIZE;
  return ring[next] ?? SESSION_ID;
}
