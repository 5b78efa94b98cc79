import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Attributes, HrTime, Link, SpanContext, SpanStatus } from '@opentelemetry/api';
import { SCOPE_NAME } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type {
  PublishedOperation,
  TelemetryConnection,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReceivedSpan } from './span';

const SCOPE = Object.freeze({ name: SCOPE_NAME, version: '' });
const SUCCEEDED = Object.freeze({ code: SpanStatusCode.UNSET });
const FAILED = Object.freeze({ code: SpanStatusCode.ERROR });
const NO_RESOURCE = Object.freeze({ attributes: Object.freeze({}) });
const NANOS_PER_SECOND = 1_000_000_000;

/** A received span as the telemetry processor takes it: an ended operation of a connection in another process. */
export class RemoteOperation implements PublishedOperation {
  readonly #span: ReceivedSpan;

  constructor(
    span: ReceivedSpan,
    readonly connection: TelemetryConnection,
  ) {
    this.#span = span;
  }

  get name(): string {
    return this.#span.operation;
  }

  get kind(): SpanKind {
    return SpanKind.CLIENT;
  }

  spanContext(): SpanContext {
    const { traceId, spanId } = this.#span;
    return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
  }

  get startTime(): HrTime {
    return this.#span.start;
  }

  get endTime(): HrTime {
    return this.#span.end;
  }

  get duration(): HrTime {
    const { start, end } = this.#span;
    const seconds = end[0] - start[0];
    const nanoseconds = end[1] - start[1];
    if (seconds < 0 || (seconds === 0 && nanoseconds < 0)) return [0, 0];
    return nanoseconds < 0 ? [seconds - 1, nanoseconds + NANOS_PER_SECOND] : [seconds, nanoseconds];
  }

  get status(): SpanStatus {
    return this.#span.hasFailed ? FAILED : SUCCEEDED;
  }

  get attributes(): Attributes {
    return this.#span.attributes;
  }

  get links(): Link[] {
    return [];
  }

  get events(): PublishedOperation['events'] {
    const { exception } = this.#span;
    return exception === undefined ? [] : [{ ...exception, name: 'exception' }];
  }

  get ended(): boolean {
    return true;
  }

  get resource(): PublishedOperation['resource'] {
    return NO_RESOURCE;
  }

  get instrumentationScope(): PublishedOperation['instrumentationScope'] {
    return SCOPE;
  }

  get droppedAttributesCount(): number {
    return 0;
  }

  get droppedEventsCount(): number {
    return 0;
  }

  get droppedLinksCount(): number {
    return 0;
  }
}
