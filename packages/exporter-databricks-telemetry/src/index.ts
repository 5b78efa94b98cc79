export type { DroppedCounts } from './accounting';
export type { Sampler, SamplingResult } from './otel';
export type { ProcessorStats } from './aggregation/aggregation';
export { DatabricksTelemetrySpanProcessor, type ConnectionAwareExporter } from './processor';
export { DatabricksTelemetryExporter } from './exporter';
export type { ConnectionClosedListener } from './exporter';
export type { ExporterStats } from './exporting';
export type {
  DatabricksTelemetryExporterOptions,
  DryRun,
  HeadersSource,
  Payload,
  PayloadListener,
  ProcessorOptions,
  StaticCredentials,
} from './config';
export { UndeliveredError } from './record';
export type { DropReason, Join, TelemetryRecord, UndeliveredReason } from './record';
export { databricksSampler } from './sampler';
