import { SpanStatusCode } from '@opentelemetry/api';
import { spanFacts } from './span-facts';
import type { Facts } from './span-facts';
import type { TraceNode, TraceTree } from './trace-tree';

/** One line of a waterfall: a span, or siblings of the same name folded into one. */
export interface WaterfallRow {
  readonly name: string;
  /** How many spans the row stands for. */
  readonly count: number;
  /** For each ancestor and the row itself, from the root: whether it is the last of its siblings. */
  readonly lastAt: readonly boolean[];
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
  readonly facts: Facts;
}

/** From this number on, siblings of one name are folded into one row, together with their children. */
const FOLD_FROM_SPANS = 4;

/** Siblings in rows, where the first of each stood. */
function foldedSiblings(nodes: readonly TraceNode[]): TraceNode[][] {
  const runs = new Map<string, TraceNode[]>();
  for (const node of nodes) {
    const run = runs.get(node.span.name);
    if (run === undefined) runs.set(node.span.name, [node]);
    else run.push(node);
  }
  const rows: TraceNode[][] = [];
  for (const node of nodes) {
    const run = runs.get(node.span.name);
    if (run === undefined || run.length < FOLD_FROM_SPANS) rows.push([node]);
    else if (run[0] === node) rows.push(run);
  }
  return rows;
}

/** The lines of a trace from top to bottom. Iterative, because a trace can be deeper than the call stack. */
export function waterfallRows(tree: TraceTree): WaterfallRow[] {
  const rows: WaterfallRow[] = [];
  const pending: { run: TraceNode[]; lastAt: boolean[] }[] = [];
  const push = (nodes: readonly TraceNode[], above: readonly boolean[]): void => {
    const runs = foldedSiblings(nodes);
    for (let index = runs.length - 1; index >= 0; index -= 1) {
      const run = runs[index];
      if (run) pending.push({ run, lastAt: [...above, index === runs.length - 1] });
    }
  };
  push(tree.roots, []);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [first] = next.run;
    if (first === undefined) continue;
    rows.push({
      name: first.span.name,
      count: next.run.length,
      lastAt: next.lastAt,
      startMs: Math.min(...next.run.map((node) => node.startMs)),
      endMs: Math.max(...next.run.map((node) => node.endMs)),
      failed: next.run.some((node) => node.span.status.code === SpanStatusCode.ERROR),
      facts: spanFacts(next.run.map((node) => node.span)),
    });
    push(
      next.run.flatMap((node) => node.children),
      next.lastAt,
    );
  }
  return rows;
}
