import type { Attributes, HrTime, SpanContext, SpanStatus } from '@opentelemetry/api';
import { statementEvent } from './statement-event';

/** The fields of an ended span that a waterfall reads; the `ReadableSpan` of SDK 2.x and 3.x has them. */
export interface FinishedSpan {
  readonly name: string;
  readonly spanContext: () => SpanContext;
  readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
}

/** A span in its place: times in milliseconds from the start of the trace. */
export interface TraceNode {
  readonly span: FinishedSpan;
  readonly startMs: number;
  readonly endMs: number;
  readonly children: TraceNode[];
}

/** One trace: its roots in the order they started, and how long it took from first start to last end. */
export interface TraceTree {
  readonly traceId: string;
  readonly roots: readonly TraceNode[];
  readonly durationMs: number;
}

function milliseconds([seconds, nanoseconds]: HrTime, origin: HrTime): number {
  return (seconds - origin[0]) * 1e3 + (nanoseconds - origin[1]) / 1e6;
}

function earlier(a: HrTime, b: HrTime): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

/** The spans that open a statement, by its id. */
function statementNodes(nodes: Iterable<TraceNode>): Map<string, TraceNode> {
  const statements = new Map<string, TraceNode>();
  for (const node of nodes) {
    const event = statementEvent(node.span);
    if (event?.kind === 'open') statements.set(event.id, node);
  }
  return statements;
}

/**
 * Arranges the spans of one trace. A span whose parent is not among them (a remote parent, an unsampled one) is a
 * root; siblings stand in the order of their start. Later spans of a statement stand below it where both have the same parent,
 * because people read them as one: for the tracer, fetching and closing are separate calls.
 */
export function traceTree(spans: readonly FinishedSpan[]): TraceTree {
  const first = spans[0];
  if (first === undefined) return { traceId: '', roots: [], durationMs: 0 };
  let origin = first.startTime;
  for (const span of spans) if (earlier(span.startTime, origin)) origin = span.startTime;

  const nodes = new Map<string, TraceNode>();
  for (const span of spans) {
    const startMs = milliseconds(span.startTime, origin);
    // A clock that was set back during the span would make it end before its start.
    const endMs = Math.max(startMs, milliseconds(span.endTime, origin));
    nodes.set(span.spanContext().spanId, { span, startMs, endMs, children: [] });
  }

  const statements = statementNodes(nodes.values());
  const roots: TraceNode[] = [];
  let durationMs = 0;
  for (const node of nodes.values()) {
    durationMs = Math.max(durationMs, node.endMs);
    const parentId = node.span.parentSpanContext?.spanId;
    const event = statementEvent(node.span);
    const statement = event === undefined ? undefined : statements.get(event.id);
    const isSibling =
      statement !== undefined &&
      statement !== node &&
      statement.span.parentSpanContext?.spanId === parentId;
    const parent = isSibling ? statement : parentId === undefined ? undefined : nodes.get(parentId);
    (parent?.children ?? roots).push(node);
  }
  const byStart = (a: TraceNode, b: TraceNode): number => a.startMs - b.startMs;
  for (const node of nodes.values()) node.children.sort(byStart);
  return { traceId: first.spanContext().traceId, roots: roots.sort(byStart), durationMs };
}
