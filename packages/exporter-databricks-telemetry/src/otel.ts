/**
 * The interfaces of the OpenTelemetry SDK this package implements and consumes, declared structurally.
 *
 * They are identical in the 2.x (`@opentelemetry/sdk-trace-base`) and 3.x (`@opentelemetry/sdk-trace`) lines. A peer
 * dependency on either would end in ERESOLVE for users of the other; type tests hold these against both.
 */
import type {
  Attributes,
  Context,
  HrTime,
  Link,
  SpanContext,
  SpanKind,
  SpanStatus,
} from '@opentelemetry/api';

/** An event of a span. On the 3.x line `attributes` may be missing. */
export interface TimedEvent {
  time: HrTime;
  name: string;
  attributes?: Attributes;
  droppedAttributesCount?: number;
}

/** The entity that produced a span. */
export interface Resource {
  readonly attributes: Attributes;
  readonly asyncAttributesPending?: boolean;
  waitForAsyncAttributes?(): Promise<void>;
}

/** What made a span: tracer name, version and schema. */
export interface InstrumentationScope {
  readonly name: string;
  readonly version?: string;
  readonly schemaUrl?: string;
}

/** An ended span, as the SDK hands it to processors and exporters. */
export interface ReadableSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly spanContext: () => SpanContext;
  readonly parentSpanContext?: SpanContext | undefined;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly links: Link[];
  readonly events: TimedEvent[];
  readonly duration: HrTime;
  readonly ended: boolean;
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
}

/** Outcome of one export. `code` 0 is success, 1 is failure, as in the SDK's `ExportResultCode`. */
export interface ExportResult {
  code: 0 | 1;
  error?: Error;
}

/** Hands ended spans on. */
export interface SpanExporter {
  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void;
  shutdown(): Promise<void>;
  forceFlush?(): Promise<void>;
}

/** Sees spans start and end. `onStart`'s span is the SDK's; only what both lines share may be read. */
export interface SpanProcessor {
  forceFlush(): Promise<void>;
  onStart(span: unknown, parentContext: Context): void;
  onEnd(span: ReadableSpan): void;
  shutdown(): Promise<void>;
}
