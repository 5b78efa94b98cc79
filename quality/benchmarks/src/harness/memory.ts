import { setImmediate } from 'node:timers/promises';

const COLLECTIONS = 4;

/** Bytes in use once nothing more can be collected. */
async function settledHeapBytes(): Promise<number> {
  for (let collection = 0; collection < COLLECTIONS; collection++) {
    globalThis.gc?.();
    await setImmediate();
  }
  return process.memoryUsage().heapUsed;
}

/** Bytes `work` leaves behind: what lives after it and did not before. */
export async function retainedBytes(work: () => void | Promise<void>): Promise<number> {
  const before = await settledHeapBytes();
  await work();
  return (await settledHeapBytes()) - before;
}

/**
 * Bytes `work` allocates. Only right while no collection happens in it: the process needs a young generation that holds
 * all of it (`--min-semi-space-size`).
 */
export async function allocatedBytes(work: () => void): Promise<number> {
  await settledHeapBytes();
  const before = process.memoryUsage().heapUsed;
  work();
  return process.memoryUsage().heapUsed - before;
}
