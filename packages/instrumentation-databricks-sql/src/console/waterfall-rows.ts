import { SpanStatusCode } from '@opentelemetry/api';
import type { Segment } from './bars';
import { inLanes } from './lanes';
import { spanFacts } from './span-facts';
import type { Facts } from './span-facts';
import {
  ATTR_DATABRICKS_STATEMENT_PENDING_DURATION,
  ATTR_DATABRICKS_STATEMENT_SUBMIT_DURATION,
} from '../semconv';
import { statementEvent } from './statement-event';
import type { TraceNode, TraceTree } from './trace-tree';

/** How a row ends later than the row it belongs to: as a call that follows a statement, or as work that went on. */
export type Overrun = 'statement' | 'parent';

/** One line of a waterfall: a span, siblings of the same name in one line, or one lane of parallel siblings. */
export interface WaterfallRow {
  /** Empty for the second and every later lane. */
  readonly name: string;
  /** For each ancestor and the row itself, from the root: whether it is the last of its siblings. */
  readonly lastAt: readonly boolean[];
  /** In the order of their start. */
  readonly segments: readonly Segment[];
  /** From the first start to the last end of all lanes; absent for the second and every later lane. */
  readonly durationMs: number | undefined;
  readonly failed: boolean;
  readonly facts: Facts;
  readonly overrun: Overrun | undefined;
}

/** From this number on, siblings of one name are folded into one row or into lanes, together with their children. */
const FOLD_FROM_SPANS = 4;
/** Clocks of spans are compared at this precision. */
const TOLERANCE_MS = 0.001;

/** Siblings to show together. */
interface Run {
  readonly nodes: readonly TraceNode[];
  readonly lastAt: readonly boolean[];
  /** Those that the nodes stand below. */
  readonly parents: readonly TraceNode[];
}

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

function isFailed({ span }: TraceNode): boolean {
  return span.status.code === SpanStatusCode.ERROR;
}

/** When a statement waited for the warehouse: after its submit. */
function pendingPart({ span: { attributes }, startMs, endMs }: TraceNode): Segment['pending'] {
  const submit = attributes[ATTR_DATABRICKS_STATEMENT_SUBMIT_DURATION];
  const pending = attributes[ATTR_DATABRICKS_STATEMENT_PENDING_DURATION];
  if (typeof submit !== 'number' || typeof pending !== 'number') return undefined;
  const pendingMs = startMs + submit * 1000;
  return { startMs: pendingMs, endMs: Math.min(endMs, pendingMs + pending * 1000) };
}

function lastEnd(nodes: readonly TraceNode[]): number {
  return nodes.reduce((end, node) => Math.max(end, node.endMs), -Infinity);
}

function overrun(endMs: number, parents: readonly TraceNode[]): Overrun | undefined {
  if (parents.length === 0 || endMs <= lastEnd(parents) + TOLERANCE_MS) return undefined;
  const follow = parents.every(({ span }) => statementEvent(span)?.kind === 'open');
  return follow ? 'statement' : 'parent';
}

function rowsOf({ nodes, lastAt, parents }: Run): WaterfallRow[] {
  const [first] = nodes;
  if (first === undefined) return [];
  const { lanes, concurrency } = inLanes(nodes);
  const endMs = lastEnd(nodes);
  const facts = spanFacts(nodes.map(({ span }) => span));
  const failures = nodes.filter(isFailed).length;
  return lanes.map((lane, index): WaterfallRow => {
    const segments = lane.map((node) => ({
      startMs: node.startMs,
      endMs: node.endMs,
      failed: isFailed(node),
      pending: pendingPart(node),
    }));
    const failed = lane.some(isFailed);
    if (index > 0) {
      return {
        name: '',
        lastAt,
        segments,
        durationMs: undefined,
        failed,
        facts: [],
        overrun: undefined,
      };
    }
    const parallel =
      lanes.length > 1 ? [`${nodes.length} calls, up to ${concurrency} at once`] : [];
    const failing = failures > 0 && nodes.length > 1 ? [`${failures} failed`] : [];
    return {
      name:
        lanes.length === 1 && nodes.length > 1
          ? `${first.span.name} ×${nodes.length}`
          : first.span.name,
      lastAt,
      segments,
      durationMs: endMs - first.startMs,
      failed: failures > 0,
      facts: [...parallel, ...failing, ...facts],
      overrun: overrun(endMs, parents),
    };
  });
}

/** The lines of a trace from top to bottom. Iterative, because a trace can be deeper than the call stack. */
export function waterfallRows(tree: TraceTree): WaterfallRow[] {
  const rows: WaterfallRow[] = [];
  const pending: Run[] = [];
  const push = (
    nodes: readonly TraceNode[],
    above: readonly boolean[],
    parents: readonly TraceNode[],
  ): void => {
    const runs = foldedSiblings(nodes);
    for (let index = runs.length - 1; index >= 0; index -= 1) {
      const run = runs[index];
      if (run) pending.push({ nodes: run, lastAt: [...above, index === runs.length - 1], parents });
    }
  };
  push(tree.roots, [], []);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    rows.push(...rowsOf(next));
    const children = next.nodes.flatMap((node) => node.children);
    if (next.nodes.length > 1) children.sort((a, b) => a.startMs - b.startMs);
    push(children, next.lastAt, next.nodes);
  }
  return rows;
}
