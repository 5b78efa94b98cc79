export type { DroppedCounts } from './accounting';
export type { ProcessorOptions } from './config';
export type { Sampler, SamplingResult } from './otel';
export {
  DatabricksTelemetrySpanProcessor,
  type ConnectionAwareExporter,
  type ProcessorStats,
} from './processor';
export { UndeliveredError } from './record';
export type { DropReason, Join, TelemetryRecord, UndeliveredReason } from './record';
export { databricksSampler } from './sampler';
