import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { resourceFromAttributes } from '@opentelemetry/resources';

const CONTEXT = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.NONE,
};
const RESOURCE = resourceFromAttributes({});

/** An ended span as a plain object, where the cost of real ones must stay out. */
export function endedSpan(scope: string, fields: Partial<ReadableSpan>): ReadableSpan {
  return {
    name: 'span',
    kind: SpanKind.CLIENT,
    spanContext: () => CONTEXT,
    startTime: [1_800_000_000, 0],
    endTime: [1_800_000_000, 50_000_000],
    status: { code: SpanStatusCode.UNSET },
    attributes: {},
    links: [],
    events: [],
    duration: [0, 50_000_000],
    ended: true,
    resource: RESOURCE,
    instrumentationScope: { name: scope },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...fields,
  };
}
