import type { Attributes, Link, Span, SpanKind } from '@opentelemetry/api';
import type { Connection } from '../connection/connection';
import type { Failure } from './failure';

/** A driver operation that has begun. It holds what was known then, whether or not it has a span. */
export class StartedOperation {
  constructor(
    readonly connection: Connection,
    readonly name: string,
    readonly kind: SpanKind,
    /** The attributes at the creation of the span; samplers see only these. */
    readonly attributes: Attributes,
    /** `performance.now()`. */
    readonly startMs: number,
    /** `undefined` without a tracer, or when a parent is required and the caller has none. */
    readonly span: Span | undefined,
    /** The caller suppressed tracing: the operation belongs to telemetry itself, and none reports it. */
    readonly isSuppressed: boolean,
  ) {}
}

/** How an operation ended. `Telemetry.end` is the only place that reads it. */
export interface OperationEnd {
  /** The ids of the connection and the session, as far as they became known after the creation. */
  readonly identity?: Attributes | undefined;
  /** The attributes that only the end of the operation knows. */
  readonly result?: Attributes | undefined;
  /** Published instead of `result`, where the span's own depends on sampling. */
  readonly published?: Attributes | undefined;
  /** What the results of a statement amount to when it is called. */
  readonly totals?: (() => Attributes | undefined) | undefined;
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
  readonly isSuppressed: boolean;
}

/** How an operation begins. */
export interface Beginning {
  /** The statement that the operation belongs to. */
  readonly origin?: SpanOrigin | undefined;
  /** `performance.now()` of a start in the past. */
  readonly startMs?: number | undefined;
  /** Default `true`; an operation without a span is published all the same. */
  readonly hasSpan?: boolean;
}
