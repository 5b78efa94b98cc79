import type * as Driver from '@databricks/sql';
import { load } from './load';
import type { Load } from './load';
import { slope } from './slope';

const SAMPLES = 60;
const SAMPLE_PERIOD_MS = 20;
/** Code is compiled and caches fill in the first part, which is not measured. */
const WARM_UP_SHARE = 0.3;
/** The bounded memories of finished statements, sessions and connections fill until then, which looks like growth. */
const CONNECTIONS_UNTIL_FULL = 2_000;
/** Fewer samples make no line. */
const MIN_SAMPLES = 20;

/** How far the heap grew, from a line through samples after collections. */
export interface HeapGrowth {
  readonly bytesPerStatement: number;
  /** Standard error. */
  readonly error: number;
  /** Statements between the first sample and the last. */
  readonly statements: number;
}

/**
 * Runs the load and watches the heap meanwhile.
 * @param share how much of the run is over, from 0 to 1
 */
export async function loadAndWatch(
  driver: typeof Driver,
  connection: Parameters<typeof load>[1],
  share: (progress: Load) => number,
  onSample: () => void = () => undefined,
): Promise<{ readonly progress: Load; readonly growth: HeapGrowth | undefined }> {
  const progress: Load = { statements: 0, abandoned: 0, failed: 0, connections: 0 };
  const heap: { x: number; y: number }[] = [];
  let lastDue = 0;
  const watch = setInterval(() => {
    onSample();
    const due = Math.floor(((share(progress) - WARM_UP_SHARE) / (1 - WARM_UP_SHARE)) * SAMPLES);
    if (due <= lastDue || progress.connections < CONNECTIONS_UNTIL_FULL) return;
    lastDue = due;
    globalThis.gc?.();
    heap.push({ x: progress.statements, y: process.memoryUsage().heapUsed });
  }, SAMPLE_PERIOD_MS);
  await load(driver, connection, () => share(progress) >= 1, progress);
  clearInterval(watch);
  return { progress, growth: heap.length < MIN_SAMPLES ? undefined : growthOf(heap) };
}

function growthOf(heap: readonly { readonly x: number; readonly y: number }[]): HeapGrowth {
  const { perUnit, error } = slope(heap);
  return {
    bytesPerStatement: Number(perUnit.toFixed(2)),
    error: Number(error.toFixed(2)),
    statements: (heap.at(-1)?.x ?? 0) - (heap[0]?.x ?? 0),
  };
}
