import type { TraceNode } from './trace-tree';

/** More lanes than this share the last one. */
const MAXIMUM_LANES = 12;
/** Clocks of spans differ by up to a millisecond: spans that overlap by less of it, and by a tenth at most, follow each other. */
const CLOCK_MS = 1;
const OVERLAP_SHARE = 0.1;

/** Parallel spans, and how many of them ran at the same time. */
export interface Lanes {
  readonly lanes: readonly (readonly TraceNode[])[];
  readonly concurrency: number;
}

/** When another span may start in the lane of `node`. */
function freeFrom({ startMs, endMs }: TraceNode): number {
  return endMs - Math.min(CLOCK_MS, (endMs - startMs) * OVERLAP_SHARE);
}

/** The most spans that are under way at once. */
function concurrencyOf(nodes: readonly TraceNode[]): number {
  const ends = nodes.map(freeFrom).sort((a, b) => a - b);
  let ended = 0;
  let most = 0;
  nodes.forEach(({ startMs }, index) => {
    while (ended < index && (ends[ended] ?? Infinity) <= startMs) ended += 1;
    most = Math.max(most, index + 1 - ended);
  });
  return most;
}

/**
 * Spans in as few lanes as possible, so that no two in a lane overlap. Beyond the largest number of lanes, the last one
 * takes the rest, and its spans can overlap.
 *
 * @param nodes in the order of their start
 */
export function inLanes(nodes: readonly TraceNode[]): Lanes {
  const found: { readonly nodes: TraceNode[]; freeFromMs: number }[] = [];
  for (const node of nodes) {
    const lane =
      found.find(({ freeFromMs }) => freeFromMs <= node.startMs) ??
      (found.length === MAXIMUM_LANES ? found.at(-1) : undefined);
    if (lane === undefined) found.push({ nodes: [node], freeFromMs: freeFrom(node) });
    else {
      lane.nodes.push(node);
      lane.freeFromMs = Math.max(lane.freeFromMs, freeFrom(node));
    }
  }
  return { lanes: found.map((lane) => lane.nodes), concurrency: concurrencyOf(nodes) };
}
