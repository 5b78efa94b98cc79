import {
  context,
  INVALID_TRACEID,
  ProxyTracer,
  ProxyTracerProvider,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import type {
  Attributes,
  Span,
  SpanKind,
  SpanOptions,
  Tracer,
  TracerProvider,
} from '@opentelemetry/api';
import { clock } from '../clock';
import type { Connection } from '../connection/connection';
import type { ResolvedConfig } from '../config';
import type { Guard } from '../guard';
import { PACKAGE_VERSION, SCHEMA_URL, SCOPE_NAME } from '../scope';
import { describeError, writeFailure } from './failure';
import type { Failure, FailureContext } from './failure';
import type { Metrics } from './metrics';
import { StartedOperation } from './operation';
import type { Beginning, OperationEnd, SpanOrigin } from './operation';
import { hasSubscribers } from './channel';
import { EventLog } from './event-log';
import type { EventLogger } from './event-log';
import { FailureSightings } from './failure-sightings';
import { wantsOldNames, withOldNames } from './old-names';
import { Publisher } from './publisher';
import { isTracingSuppressed } from './suppression';

const NO_LOGGER: EventLogger = { emit: () => {}, enabled: () => false };

/** The spans, metrics and published operations of one instrumentation: every operation begins and ends here. */
export class Telemetry {
  #hasTracer = false;
  readonly #hasOldNames = wantsOldNames();
  readonly #recorded = new FailureSightings();
  /** Errors of requests to the storage, which reach the calls above that made them. */
  readonly #ofStorage = new WeakSet<object>();
  readonly #publisher = new Publisher();
  readonly #eventLog: EventLog;
  readonly #tracer: () => Tracer;
  #globalProvider: TracerProvider | undefined;
  #globalTracer: Tracer | undefined;

  constructor(
    readonly guard: Guard,
    public config: ResolvedConfig,
    public metrics: Metrics,
    tracer: () => Tracer,
    logger: () => EventLogger = () => NO_LOGGER,
  ) {
    this.#tracer = tracer;
    this.#eventLog = new EventLog(guard, logger);
  }

  /** False while nothing listens, neither a provider nor a subscriber: a statement then needs no work at all. */
  get isLive(): boolean {
    return (
      this.#hasTracer ||
      this.metrics.live ||
      hasSubscribers() ||
      this.#findTracer() ||
      this.#eventLog.isLive(this.config.slowStatementMs)
    );
  }

  /** Whether ended operations are published. */
  get isPublishing(): boolean {
    return hasSubscribers();
  }

  /** The tracer may have changed. */
  tracerChanged(): void {
    this.#hasTracer = false;
  }

  /**
   * Begins an operation. Its span starts below the caller's active span; without one, below the span of `origin`, to
   * which it links in any case.
   */
  begin(
    connection: Connection,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    { origin, startMs, hasSpan = true }: Beginning = {},
  ): StartedOperation {
    return new StartedOperation(
      connection,
      name,
      kind,
      attributes,
      startMs ?? clock.monotonicMs(),
      hasSpan ? this.#startSpan(name, kind, attributes, origin, startMs) : undefined,
      origin?.isSuppressed === true || isTracingSuppressed(),
    );
  }

  /** Whether the end of this operation is written anywhere, so that its result is worth computing. */
  isRecording(
    operation: StartedOperation,
    end: Pick<OperationEnd, 'failure' | 'endMs'> = {},
  ): boolean {
    const { span, isSuppressed } = operation;
    return (
      span?.isRecording() === true ||
      (!isSuppressed && hasSubscribers()) ||
      this.#eventLog.isEvent(operation, end, this.config.slowStatementMs)
    );
  }

  /** Ends an operation: measures it, writes its result and its failure, publishes it, and ends its span. */
  end(operation: StartedOperation, end: OperationEnd): void {
    const { span, startMs } = operation;
    const { identity, result, failure, endMs, metric } = end;
    try {
      if (metric !== undefined && this.metrics.live) {
        this.metrics.recordOperation((endMs ?? clock.monotonicMs()) - startMs, metric, failure);
      }
    } catch (error) {
      this.guard.report('metric', error);
    }
    try {
      if (span?.isRecording() === true) {
        if (identity !== undefined) span.setAttributes(identity);
        if (result !== undefined) span.setAttributes(result);
        if (failure !== undefined) {
          const hasException =
            this.#recorded.isFirst(failure) && this.#eventLog.areExceptionsOnSpans;
          writeFailure(span, failure, hasException);
        }
      }
    } finally {
      this.#publish(operation, end);
      this.#log(operation, end);
      span?.end(endMs);
    }
  }

  /** Reads what a driver call failed with. Never throws. */
  describe(error: unknown, seen?: FailureContext): Failure {
    const isObject = typeof error === 'object' && error !== null;
    if (isObject && seen?.isStorage === true) this.#ofStorage.add(error);
    const known = isObject && this.#ofStorage.has(error) ? { ...seen, isStorage: true } : seen;
    return describeError(error, known, this.config.enhancedDatabaseReporting);
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
    if (!this.#hasTracer && !this.#findTracer()) return undefined;
    const active = context.active();
    const traceId = trace.getSpanContext(active)?.traceId;
    const hasParent = traceId !== undefined && traceId !== INVALID_TRACEID;
    const fallback = hasParent ? undefined : origin?.span;
    if (!hasParent && fallback === undefined && this.config.requireParentSpan) return undefined;
    const options: SpanOptions = {
      kind,
      attributes: this.#hasOldNames ? withOldNames(attributes) : attributes,
    };
    if (origin !== undefined) options.links = origin.links;
    if (startTime !== undefined) options.startTime = startTime;
    return this.#currentTracer().startSpan(
      name,
      options,
      fallback === undefined ? active : trace.setSpan(active, fallback),
    );
  }

  /** Before the span ends, so that its context is still that of the operation. */
  #log(operation: StartedOperation, end: OperationEnd): void {
    const { slowStatementMs } = this.config;
    if (end.failure === undefined && slowStatementMs === undefined) return;
    this.guard.run('logger', () => this.#eventLog.ended(operation, end, slowStatementMs));
  }

  /** The application is unaffected when it fails; the span then stays for the processors of its provider. */
  #publish(operation: StartedOperation, end: OperationEnd): void {
    if (!hasSubscribers()) return;
    try {
      this.#publisher.publish(operation, end);
    } catch (error) {
      this.guard.report('telemetry channel', error);
    }
  }

  /**
   * A proxy tracer belongs to the global provider of its time. `trace.disable()`, which some distributions call before
   * they register their own provider, leaves it without a provider forever, so a new one is requested then.
   */
  #currentTracer(): Tracer {
    const tracer = this.#tracer();
    if (!(tracer instanceof ProxyTracer)) return tracer;
    const provider = trace.getTracerProvider();
    if (this.#globalTracer === undefined || provider !== this.#globalProvider) {
      this.#globalProvider = provider;
      this.#globalTracer = provider.getTracer(SCOPE_NAME, PACKAGE_VERSION, {
        schemaUrl: SCHEMA_URL,
      });
    }
    return this.#globalTracer;
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
