export type { DroppedCounts } from './accounting';
export type { ProcessorStats } from './processor/processor-parts';
export {
  DatabricksTelemetrySpanProcessor,
  type ConnectionAwareExporter,
} from './processor/processor';
export { DatabricksTelemetryExporter } from './exporter/exporter';
export type { ConnectionClosedListener } from './exporter/exporter';
export type { ExporterStats } from './exporter/exporting';
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
