import { context, createContextKey, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Attributes, Context, Span } from '@opentelemetry/api';
import type { ErrorInfo, FailureContext } from '../telemetry/failure';
import { LinkedContext } from './linked-context';
import {
  ATTR_DATABRICKS_ERROR_CONDITION,
  ATTR_DATABRICKS_ERROR_RETRYABLE,
  ATTR_DATABRICKS_HTTP_RETRY_COUNT,
  ATTR_DB_RESPONSE_STATUS_CODE,
  ATTR_ERROR_TYPE,
} from '../semconv';
import type { Statement } from '../statement/statement';
import type { Tracing } from '../telemetry/tracing';

const CALL_KEY = createContextKey('Databricks SQL driver call');

/** One call of a driver method, from our side: what it began with and what it learns until it settles. */
export class DriverCall implements FailureContext {
  readonly startMs = performance.now();
  /** SQLSTATE of a response that failed; the driver's `StatusError` drops it. */
  sqlState: string | undefined = undefined;
  retryCount = 0;

  constructor(
    protected readonly tracing: Tracing,
    readonly span: Span | undefined,
    readonly statement: Statement | undefined,
    /** Arguments for the driver in place of the caller's. */
    readonly args?: readonly unknown[],
  ) {}

  /** False for a call that has nothing to tell the layers underneath. */
  get needsContext(): boolean {
    return true;
  }

  /** The span that is active while the driver runs; other than the call's own for calls that have none. */
  protected get activeSpan(): Span | undefined {
    return this.span;
  }

  /** The caller's context with our span active and this call findable by the layers underneath. */
  get context(): Context {
    const own = new LinkedContext(context.active(), CALL_KEY, this);
    const span = this.activeSpan;
    return span === undefined ? own : trace.setSpan(own, span);
  }

  /** An HTTP request of this call was sent again. */
  retried(): void {
    this.retryCount += 1;
    if (this.statement !== undefined) this.statement.retryCount += 1;
  }

  /** The driver call resolved. What is set here is on the span before it ends. */
  succeeded(_result: unknown): void {}

  /** The driver call rejected. */
  failed(error: unknown): void {
    const { span } = this;
    if (span?.isRecording() !== true) return;
    const info = this.tracing.describeError(error, this);
    setFailure(span, info);
    if (this.tracing.firstSighting(error)) recordException(span, info);
  }

  /** Comes last, whatever happened before. */
  end(): void {
    const { span } = this;
    if (span === undefined) return;
    if (this.retryCount > 0) span.setAttribute(ATTR_DATABRICKS_HTTP_RETRY_COUNT, this.retryCount);
    span.end();
  }
}

/** The driver call that runs in the current asynchronous context, the innermost one. */
export function currentCall(): DriverCall | undefined {
  return context.active().getValue(CALL_KEY) as DriverCall | undefined;
}

/** The attributes of a failure on a metric, and the first of those on a span. */
export function metricFailureAttributes(info: ErrorInfo): Attributes {
  const attributes: Attributes = { [ATTR_ERROR_TYPE]: info.type };
  if (info.sqlState !== undefined) attributes[ATTR_DB_RESPONSE_STATUS_CODE] = info.sqlState;
  return attributes;
}

export function failureAttributes(info: ErrorInfo): Attributes {
  const attributes = metricFailureAttributes(info);
  if (info.condition !== undefined) attributes[ATTR_DATABRICKS_ERROR_CONDITION] = info.condition;
  if (info.retryable !== undefined) attributes[ATTR_DATABRICKS_ERROR_RETRYABLE] = info.retryable;
  return attributes;
}

export function setFailure(span: Span, info: ErrorInfo): void {
  span.setAttributes(failureAttributes(info));
  span.setStatus({ code: SpanStatusCode.ERROR, message: info.message });
}

/** Given as a plain object: the SDK would take the type from `code`, which is "-1" or "42" for the driver's errors. */
export function recordException(span: Span, info: ErrorInfo): void {
  span.recordException({
    name: info.className,
    message: info.message,
    ...(info.frames === undefined ? {} : { stack: info.frames }),
  });
}
