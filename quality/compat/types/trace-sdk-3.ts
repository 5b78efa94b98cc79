import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';

export { AlwaysOnSampler } from '@opentelemetry/sdk-trace';
export type { ReadableSpan, Sampler, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';

export const batch = (exporter: SpanExporter): SpanProcessor =>
  new BatchSpanProcessor({ exporter });
