import {
  context,
  INVALID_TRACEID,
  ProxyTracer,
  ProxyTracerProvider,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import type { Attributes, Span, SpanKind, SpanOptions, Tracer } from '@opentelemetry/api';
import type { ResolvedConfig } from '../config';
import type { Guard } from '../guard';
import { SCOPE_NAME } from '../scope';
import { describeError, UNREADABLE, writeFailure } from './failure';
import type { Failure, FailureContext } from './failure';
import type { Metrics } from './metrics';
import { StartedOperation } from './operation';
import type { OperationEnd, SpanOrigin } from './operation';

/** The spans and metrics of one instrumentation: every operation begins and ends here. */
export class Telemetry {
  #hasTracer = false;
  readonly #recordedErrors = new WeakSet<object>();
  readonly #tracer: () => Tracer;

  constructor(
    readonly guard: Guard,
    public config: ResolvedConfig,
    public metrics: Metrics,
    tracer: () => Tracer,
  ) {
    this.#tracer = tracer;
  }

  /** False while neither a tracer nor a meter provider is registered: a statement then needs no work at all. */
  get isLive(): boolean {
    return this.#hasTracer || this.metrics.live || this.#findTracer();
  }

  /** Whether a tracer provider is registered, so that spans go anywhere. */
  get canTrace(): boolean {
    return this.#hasTracer || this.#findTracer();
  }

  /** The tracer may have changed. */
  tracerChanged(): void {
    this.#hasTracer = false;
  }

  /**
   * Begins an operation. Its span starts below the caller's active span; without one, below the span of `origin`, to
   * which it links in any case.
   * @param startMs `performance.now()` of a start in the past
   */
  begin(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    origin?: SpanOrigin,
    startMs?: number,
  ): StartedOperation {
    const span = this.#startSpan(name, kind, attributes, origin, startMs);
    return new StartedOperation(name, kind, attributes, startMs ?? performance.now(), span);
  }

  /** Whether the end of this operation is written anywhere, so that its result is worth computing. */
  isRecording({ span }: StartedOperation): boolean {
    return span?.isRecording() === true;
  }

  /** Ends an operation: measures it, writes its result and its failure, and ends its span. */
  end(operation: StartedOperation, end: OperationEnd): void {
    const { span, startMs } = operation;
    const { identity, result, failure, endMs, metric } = end;
    try {
      if (span?.isRecording() === true) {
        if (identity !== undefined) span.setAttributes(identity);
        if (result !== undefined) span.setAttributes(result);
        if (failure !== undefined) writeFailure(span, failure, this.#isFirstRecord(failure));
      }
      if (metric !== undefined && this.metrics.live) {
        this.metrics.recordOperation((endMs ?? performance.now()) - startMs, metric, failure);
      }
    } finally {
      span?.end(endMs);
    }
  }

  /** Reads what a driver call failed with. Never throws: the getters of an error may. */
  describe(error: unknown, seen?: FailureContext): Failure {
    try {
      return describeError(error, seen, this.config.enhancedDatabaseReporting);
    } catch (unreadable) {
      this.guard.report('error', unreadable);
      return UNREADABLE;
    }
  }

  /**
   * Whether fetches and downloads of a statement get a span each: only when the statement or the caller is sampled,
   * because an unsampled span costs as much and reaches no exporter.
   */
  isDetailSampled({ span }: SpanOrigin): boolean {
    return isSampled(span) || isSampled(trace.getSpan(context.active()));
  }

  #startSpan(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    origin: SpanOrigin | undefined,
    startTime: number | undefined,
  ): Span | undefined {
    const active = context.active();
    const traceId = trace.getSpanContext(active)?.traceId;
    const hasParent = traceId !== undefined && traceId !== INVALID_TRACEID;
    const fallback = hasParent ? undefined : origin?.span;
    if (!hasParent && fallback === undefined && this.config.requireParentSpan) return undefined;
    const options: SpanOptions = { kind, attributes };
    if (origin !== undefined) options.links = origin.links;
    if (startTime !== undefined) options.startTime = startTime;
    return this.#tracer().startSpan(
      name,
      options,
      fallback === undefined ? active : trace.setSpan(active, fallback),
    );
  }

  /** Whether this failure was not recorded as an exception yet; the driver may wrap one response in several errors. */
  #isFirstRecord({ error }: Failure): boolean {
    if (typeof error !== 'object' || error === null) return true;
    const response: unknown = (error as { response?: unknown }).response;
    const failure = typeof response === 'object' && response !== null ? response : error;
    if (this.#recordedErrors.has(failure)) return false;
    this.#recordedErrors.add(failure);
    return true;
  }

  /** The API returns a proxy until a provider is registered. */
  #findTracer(): boolean {
    const tracer = this.#tracer();
    const provider = trace.getTracerProvider();
    this.#hasTracer =
      !(tracer instanceof ProxyTracer) ||
      !(provider instanceof ProxyTracerProvider) ||
      provider.getDelegateTracer(SCOPE_NAME) !== undefined;
    return this.#hasTracer;
  }
}

function isSampled(span: Span | undefined): boolean {
  return span !== undefined && (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}
