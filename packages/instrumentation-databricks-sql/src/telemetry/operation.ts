import type { Attributes, Link, Span, SpanKind } from '@opentelemetry/api';
import type { Failure } from './failure';

/** A driver operation that has begun. It holds what was known then, whether or not it has a span. */
export class StartedOperation {
  constructor(
    readonly name: string,
    readonly kind: SpanKind,
    /** The attributes at the creation of the span; samplers see only these. */
    readonly attributes: Attributes,
    /** `performance.now()`. */
    readonly startMs: number,
    /** `undefined` when a parent is required and the caller has none. */
    readonly span: Span | undefined,
  ) {}
}

/** How an operation ended. `Telemetry.end` is the only place that reads it. */
export interface OperationEnd {
  /** The ids of the connection and the session, as far as they became known after the creation. */
  readonly identity?: Attributes | undefined;
  /** The attributes that only the end of the operation knows. */
  readonly result?: Attributes | undefined;
  /** What the operation failed with; `undefined` for one that succeeded. */
  readonly failure?: Failure | undefined;
  /** `performance.now()`; `undefined` stands for now. */
  readonly endMs?: number | undefined;
  /** The attributes of `db.client.operation.duration`; `undefined` for operations that the metric does not count. */
  readonly metric?: Attributes | undefined;
}

/** What later spans of the same statement refer to. */
export interface SpanOrigin {
  readonly span: Span | undefined;
  readonly links: Link[];
}
