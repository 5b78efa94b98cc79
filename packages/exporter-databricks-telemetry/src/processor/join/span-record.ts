import type {
  Attributes,
  HrTime,
  Link,
  SpanContext,
  SpanKind,
  SpanStatus,
} from '@opentelemetry/api';
import type { InstrumentationScope, ReadableSpan, Resource, TimedEvent } from '../../otel';
import type { Join, TelemetryRecord } from '../../record';

/** A span seen as a record: it delegates to the span and adds the join. Nothing of the span is copied. */
export class SpanRecord implements TelemetryRecord {
  /** Place in the order of offering; given by the queue. */
  sequence = 0;

  constructor(
    readonly span: ReadableSpan,
    readonly join: Join,
    /** Estimated bytes the record keeps alive. */
    readonly bytes: number,
  ) {}

  get isError(): boolean {
    return this.join.kind === 'error' || this.join.failure !== undefined;
  }

  get name(): string {
    return this.span.name;
  }

  get kind(): SpanKind {
    return this.span.kind;
  }

  spanContext(): SpanContext {
    return this.span.spanContext();
  }

  get parentSpanContext(): SpanContext | undefined {
    return this.span.parentSpanContext;
  }

  get startTime(): HrTime {
    return this.span.startTime;
  }

  get endTime(): HrTime {
    return this.span.endTime;
  }

  get status(): SpanStatus {
    return this.span.status;
  }

  get attributes(): Attributes {
    return this.span.attributes;
  }

  get links(): Link[] {
    return this.span.links;
  }

  get events(): TimedEvent[] {
    return this.span.events;
  }

  get duration(): HrTime {
    return this.span.duration;
  }

  get ended(): boolean {
    return this.span.ended;
  }

  get resource(): Resource {
    return this.span.resource;
  }

  get instrumentationScope(): InstrumentationScope {
    return this.span.instrumentationScope;
  }

  get droppedAttributesCount(): number {
    return this.span.droppedAttributesCount;
  }

  get droppedEventsCount(): number {
    return this.span.droppedEventsCount;
  }

  get droppedLinksCount(): number {
    return this.span.droppedLinksCount;
  }
}
