import type * as Driver from '@databricks/sql';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
} from '@dbsql-otel/exporter-databricks-telemetry';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { SYMBOL_DATABRICKS_PUBLISHED } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { JsonObject } from '@dbsql-otel/local-warehouse';
import {
  detectResources,
  hostDetector,
  osDetector,
  processDetector,
} from '@opentelemetry/resources';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { logsOf } from './logs';

const PUBLISHED = Symbol.for(SYMBOL_DATABRICKS_PUBLISHED);

export type Client = InstanceType<typeof Driver.DBSQLClient>;

/**
 * The real driver under the instrumentation with `driverTelemetry: 'gateway'`, and the records that the spans make in the
 * process itself, to compare with.
 */
export class Application {
  readonly #driver = require('@databricks/sql') as typeof Driver;
  readonly #instrumentation: DatabricksSqlInstrumentation;
  readonly #provider: BasicTracerProvider;
  readonly #reference: DatabricksTelemetrySpanProcessor;
  readonly #logs: JsonObject[] = [];
  #spans: ReadableSpan[] = [];

  constructor(
    resource = detectResources({ detectors: [processDetector, osDetector, hostDetector] }),
  ) {
    this.#instrumentation = new DatabricksSqlInstrumentation({ driverTelemetry: 'gateway' });
    this.#reference = new DatabricksTelemetrySpanProcessor(
      new DatabricksTelemetryExporter({
        access: this.#instrumentation.access,
        allowPrivateHosts: true,
        dryRun: ({ body }) => this.#logs.push(...logsOf(body)),
      }),
    );
    this.#provider = new BasicTracerProvider({
      resource,
      spanProcessors: [
        {
          onStart: () => undefined,
          onEnd: (span) => this.#ended(span),
          forceFlush: () => Promise.resolve(),
          shutdown: () => Promise.resolve(),
        },
      ],
    });
    this.#instrumentation.setTracerProvider(this.#provider);
    this.#instrumentation.patch(this.#driver);
  }

  async connect(options: object): Promise<Client> {
    const client = new this.#driver.DBSQLClient({ logger: { log: () => undefined } });
    await client.connect({ ...(options as Parameters<Client['connect']>[0]) });
    return client;
  }

  /** The spans since the last call, in the order they ended. */
  takeSpans(): ReadableSpan[] {
    const spans = this.#spans;
    this.#spans = [];
    return spans;
  }

  /** The records that the spans made in the process. */
  async records(): Promise<readonly JsonObject[]> {
    await this.#reference.forceFlush();
    return this.#logs;
  }

  async stop(): Promise<void> {
    this.#instrumentation.disable();
    await this.#reference.shutdown();
    await this.#provider.shutdown();
  }

  #ended(span: ReadableSpan): void {
    this.#spans.push(span);
    // The processor's own channel makes the instrumentation mark the spans, which it then ignores.
    this.#reference.onEnd(Object.create(span, { [PUBLISHED]: { value: false } }) as ReadableSpan);
  }
}
