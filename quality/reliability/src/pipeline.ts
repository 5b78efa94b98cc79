import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
} from '@dbsql-otel/exporter-databricks-telemetry';
import type {
  DatabricksTelemetryExporterOptions,
  ProcessorOptions,
} from '@dbsql-otel/exporter-databricks-telemetry';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import type { DatabricksSqlInstrumentationConfig } from '@dbsql-otel/instrumentation-databricks-sql';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { AlwaysOnSampler, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Sampler, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';

/** Another backend, that takes everything. */
const NOWHERE: SpanExporter = {
  export: (_spans, resultCallback) => {
    resultCallback({ code: 0 });
  },
  shutdown: () => Promise.resolve(),
};

export interface PipelineOptions {
  readonly instrumentation?: DatabricksSqlInstrumentationConfig;
  readonly exporter?: Partial<DatabricksTelemetryExporterOptions>;
  readonly processor?: ProcessorOptions;
  /** The application's; all by default. */
  readonly sampler?: Sampler;
  /** Beside ours; a batch processor of spans that are kept nowhere by default. */
  readonly spanProcessors?: readonly SpanProcessor[];
}

/** Everything a user sets up, as the README says: instrumentation, sampler, another exporter, processor, exporter. */
export class Pipeline {
  readonly instrumentation: DatabricksSqlInstrumentation;
  readonly exporter: DatabricksTelemetryExporter;
  readonly processor: DatabricksTelemetrySpanProcessor;
  readonly sdk: NodeSDK;

  constructor(options: PipelineOptions = {}) {
    this.instrumentation = new DatabricksSqlInstrumentation(options.instrumentation);
    this.exporter = new DatabricksTelemetryExporter({
      allowPrivateHosts: true,
      ...options.exporter,
    });
    this.processor = new DatabricksTelemetrySpanProcessor(this.exporter, options.processor);
    this.sdk = new NodeSDK({
      instrumentations: [this.instrumentation],
      // NodeSDK exports metrics and logs to an OTLP endpoint of its own choice otherwise, and waits for it at shutdown.
      metricReaders: [],
      logRecordProcessors: [],
      // Its detectors ask the network and the file system, at any time.
      autoDetectResources: false,
      sampler: options.sampler ?? new AlwaysOnSampler(),
      spanProcessors: [
        ...(options.spanProcessors ?? [new BatchSpanProcessor(NOWHERE)]),
        this.processor,
      ],
    });
    this.sdk.start();
  }
}

interface Accounts {
  readonly offered: number;
  readonly delivered: number;
  readonly pending: number;
  readonly dropped: Readonly<Partial<Record<string, number>>>;
}

/** `offered − delivered − pending − Σ dropped`: 0 when every record is accounted for. */
export function unaccounted({ offered, delivered, pending, dropped }: Accounts): number {
  const lost = Object.values(dropped).reduce<number>((sum, count) => sum + (count ?? 0), 0);
  return offered - delivered - pending - lost;
}
