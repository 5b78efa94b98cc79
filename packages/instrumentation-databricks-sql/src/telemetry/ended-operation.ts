import { isSpanContextValid, TraceFlags } from '@opentelemetry/api';
import type {
  Attributes,
  HrTime,
  Link,
  Span,
  SpanContext,
  SpanKind,
  SpanStatus,
} from '@opentelemetry/api';
import { randomFillSync } from 'node:crypto';
import { PACKAGE_VERSION, SCHEMA_URL, SCOPE_NAME } from '../scope';
import type { PublishedOperation, TelemetryConnection } from '../telemetry-channel';

const SCOPE = Object.freeze({
  name: SCOPE_NAME,
  version: PACKAGE_VERSION,
  schemaUrl: SCHEMA_URL,
});
const RESOURCE = Object.freeze({ attributes: Object.freeze({}) });

type Events = PublishedOperation['events'];

/** One ended operation, made of the instrumentation's own facts. Holds neither the SDK's span nor an object of the driver. */
export class EndedOperation implements PublishedOperation {
  #spanContext: SpanContext | undefined;
  readonly #startMs: number;
  readonly #durationMs: number;

  /**
   * @param span the SDK's span of the operation, for its ids
   * @param startMs epoch milliseconds
   */
  constructor(
    readonly connection: TelemetryConnection,
    readonly name: string,
    readonly kind: SpanKind,
    readonly attributes: Attributes,
    readonly status: SpanStatus,
    readonly events: Events,
    startMs: number,
    durationMs: number,
    span: Span | undefined,
    readonly totals?: (() => Attributes | undefined) | undefined,
  ) {
    this.#startMs = startMs;
    this.#durationMs = durationMs;
    const spanContext = span?.spanContext();
    this.#spanContext =
      spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext : undefined;
  }

  /** The same at every call: the ids of a record that is sent again are derived from it. */
  spanContext(): SpanContext {
    this.#spanContext ??= ownSpanContext();
    return this.#spanContext;
  }

  get startTime(): HrTime {
    return hrTime(this.#startMs);
  }

  get endTime(): HrTime {
    return hrTime(this.#startMs + this.#durationMs);
  }

  get duration(): HrTime {
    return hrTime(this.#durationMs);
  }

  get links(): Link[] {
    return [];
  }

  get ended(): boolean {
    return true;
  }

  get resource(): { readonly attributes: Attributes } {
    return RESOURCE;
  }

  get instrumentationScope(): typeof SCOPE {
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

function hrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1e6)];
}

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
/** Random bytes for many ids: asking for few at a time takes longer than the rest of an operation. */
const random = Buffer.alloc(4_096);
let used = random.length;

function randomHex(length: number): string {
  if (used + length > random.length) {
    randomFillSync(random);
    used = 0;
  }
  used += length;
  return random.toString('hex', used - length, used);
}

function ownSpanContext(): SpanContext {
  return {
    traceId: randomHex(TRACE_ID_BYTES),
    spanId: randomHex(SPAN_ID_BYTES),
    traceFlags: TraceFlags.NONE,
  };
}
