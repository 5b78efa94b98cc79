import assert from 'node:assert/strict';
import type * as Driver from '@databricks/sql';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { LocalWarehouseOptions } from '@dbsql-otel/local-warehouse';
import { context, diag, DiagLogLevel } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan, Sampler, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { DatabricksSqlInstrumentation } from '../../src';
import type { DatabricksSqlInstrumentationConfig } from '../../src';
import { hasLogger } from '../../src/diagnostics';
import { keepDiagnostics } from './diagnostics';
import { DRIVER_VERSION, loadPatchedDriver, patchedFiles } from './driver';

export interface TestBedOptions {
  readonly config?: DatabricksSqlInstrumentationConfig;
  readonly warehouse?: LocalWarehouseOptions;
  readonly spanProcessors?: readonly SpanProcessor[];
}

/** One point of a metric: its attributes and what was recorded. */
export interface MetricPoint {
  readonly attributes: Attributes;
  readonly value: number | { readonly count: number; readonly sum?: number | undefined };
}

type Client = InstanceType<typeof Driver.DBSQLClient>;
type Session = Awaited<ReturnType<Client['openSession']>>;

/** The real driver under our instrumentation, on a warehouse of its own, with an SDK that keeps what it gets. */
export class TestBed {
  readonly instrumentation: DatabricksSqlInstrumentation;
  readonly driver: typeof Driver;
  readonly provider: BasicTracerProvider;
  /** The test leaves sessions or statements open; any other test that does so fails. */
  expectsLeaks = false;
  /** Decides on the spans from here on. */
  sampler: Sampler = new AlwaysOnSampler();
  private readonly exporter = new InMemorySpanExporter();
  private readonly metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  private readonly metricReader = new PeriodicExportingMetricReader({
    exporter: this.metricExporter,
    exportIntervalMillis: 2 ** 31 - 1,
  });
  private readonly meterProvider = new MeterProvider({ readers: [this.metricReader] });
  private readonly contextManager = new AsyncLocalStorageContextManager();

  private constructor(
    readonly warehouse: LocalWarehouse,
    { config, spanProcessors = [] }: TestBedOptions,
  ) {
    this.provider = new BasicTracerProvider({
      sampler: {
        shouldSample: (...args) => this.sampler.shouldSample(...args),
        toString: () => 'the sampler of the test',
      },
      spanProcessors: [new SimpleSpanProcessor(this.exporter), ...spanProcessors],
    });
    context.disable();
    context.setGlobalContextManager(this.contextManager.enable());
    // Without a logger the warnings of an old driver would be kept, and logged in a later test.
    const isUnheard = !hasLogger();
    if (isUnheard) keepDiagnostics(DiagLogLevel.NONE, () => {});
    this.instrumentation = new DatabricksSqlInstrumentation(config);
    this.instrumentation.setTracerProvider(this.provider);
    this.instrumentation.setMeterProvider(this.meterProvider);
    this.driver = loadPatchedDriver(this.instrumentation);
    if (isUnheard) diag.disable();
  }

  static async start(options: TestBedOptions = {}): Promise<TestBed> {
    return new TestBed(await LocalWarehouse.start(options.warehouse), options);
  }

  async stop(): Promise<void> {
    const leaks = this.expectsLeaks ? [] : await this.metric('databricks.client.leak');
    this.instrumentation.disable();
    context.disable();
    await this.meterProvider.shutdown();
    await this.warehouse.stop();
    assert.deepEqual(leaks, [], 'nothing is left open');
  }

  /** Forgets what was recorded, configured, scripted and broken. */
  reset(): void {
    this.sampler = new AlwaysOnSampler();
    this.instrumentation.setConfig({});
    this.exporter.reset();
    this.warehouse.reset();
    this.warehouse.clearLogs();
  }

  /** Registers the context manager again, for a test that has taken it away. */
  restoreContext(): void {
    context.setGlobalContextManager(this.contextManager);
  }

  async connect(options: object = {}): Promise<Client> {
    const client = new this.driver.DBSQLClient({ logger: { log: () => {} } });
    await client.connect({
      ...this.warehouse.connectionOptions(),
      telemetryEnabled: false,
      ...options,
    });
    return client;
  }

  /** Patches what a file of the driver exports, as the hooks would. */
  patchFile(file: string, exports: unknown): void {
    for (const hooked of patchedFiles(this.instrumentation)) {
      if (hooked.name.endsWith(file)) hooked.patch(exports, DRIVER_VERSION);
    }
  }

  /** Runs `story` with a session, and closes session and client behind it. */
  async withSession<T>(story: (session: Session, client: Client) => Promise<T>): Promise<T> {
    const client = await this.connect();
    try {
      const session = await client.openSession();
      const result = await story(session, client);
      await session.close();
      return result;
    } finally {
      await client.close();
    }
  }

  /** Ended spans in the order they ended. */
  get spans(): readonly ReadableSpan[] {
    return this.exporter.getFinishedSpans();
  }

  /** Ended spans by `databricks.operation`. */
  spansOf(operation: string): ReadableSpan[] {
    return this.spans.filter((span) => span.attributes['databricks.operation'] === operation);
  }

  /** The only ended span of its kind. */
  spanOf(operation: string): ReadableSpan {
    const [span, ...others] = this.spansOf(operation);
    if (span === undefined || others.length > 0) {
      const found = this.spans.map(({ name }) => name).join(', ');
      throw new Error(`expected one ${operation} span, got ${others.length + 1} among ${found}`);
    }
    return span;
  }

  /** The scopes that have metrics. */
  async metricScopes(): Promise<readonly unknown[]> {
    this.metricExporter.reset();
    await this.metricReader.forceFlush();
    return this.metricExporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.map(({ scope }) => scope));
  }

  /** What a metric stands at. */
  async metric(name: string): Promise<readonly MetricPoint[]> {
    this.metricExporter.reset();
    await this.metricReader.forceFlush();
    return this.metricExporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics)
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }): readonly MetricPoint[] => dataPoints);
  }
}

export type { Client, Session };
