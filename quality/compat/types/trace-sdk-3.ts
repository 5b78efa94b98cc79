import {
  BatchSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';

export { AlwaysOnSampler } from '@opentelemetry/sdk-trace';
export type { ReadableSpan, Sampler, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';

export const batch = (exporter: SpanExporter): SpanProcessor =>
  new BatchSpanProcessor({ exporter });
