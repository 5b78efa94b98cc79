import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';

export { AlwaysOnSampler } from '@opentelemetry/sdk-trace-base';
export type {
  ReadableSpan,
  Sampler,
  SpanExporter,
  SpanProcessor,
} from '@opentelemetry/sdk-trace-base';

export const batch = (exporter: SpanExporter): SpanProcessor => new BatchSpanProcessor(exporter);
