import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { diag, DiagLogLevel, metrics, ValueType } from '@opentelemetry/api';
import { SCHEMA_URL } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { DatabricksTelemetryExporter } from '../../src/exporter/exporter';
import { DatabricksTelemetrySpanProcessor } from '../../src/processor/processor';
import { PACKAGE_VERSION, SCOPE_NAME } from '../../src/scope';
import { SpanSource } from '../spans';

const SILENT = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  verbose: () => {},
};
const HOST = 'workspace.databricks.example';

describe('health metrics of the exporter', () => {
  let exporter: InMemoryMetricExporter;
  let provider: MeterProvider;

  /** `[metric, value or count, error.type, server.address]` of every point of our exporter. */
  async function points(): Promise<unknown[][]> {
    exporter.reset();
    await provider.forceFlush();
    return exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) =>
        scopeMetrics
          .flatMap((scope) => scope.metrics)
          .flatMap((metric) =>
            metric.dataPoints
              .filter(
                ({ attributes }) =>
                  attributes['otel.component.type'] === 'DatabricksTelemetryExporter',
              )
              .map(({ value, attributes }) => [
                metric.descriptor.name,
                metric.dataPointType === DataPointType.HISTOGRAM && typeof value === 'object'
                  ? value['count']
                  : value,
                attributes['error.type'],
                attributes['server.address'],
              ]),
          ),
      );
  }

  beforeEach(() => {
    metrics.disable();
    exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    provider = new MeterProvider({
      readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
    });
    metrics.setGlobalMeterProvider(provider);
  });
  afterEach(async () => {
    await provider.shutdown();
    metrics.disable();
  });

  it('show what was delivered, how long it took, and the breaker of the host', async () => {
    const processor = new DatabricksTelemetrySpanProcessor(
      new DatabricksTelemetryExporter({ host: HOST, token: 'dapi', dryRun: () => undefined }),
    );
    const driver = new SpanSource([processor]);
    driver.openSession('1', { 'server.address': HOST });
    driver.openSession('2', { 'server.address': HOST });
    await processor.forceFlush();

    assert.deepEqual(await points(), [
      ['otel.sdk.exporter.operation.duration', 1, undefined, undefined],
      ['otel.sdk.exporter.span.inflight', 0, undefined, undefined],
      ['otel.sdk.exporter.span.exported', 2, undefined, undefined],
      ['databricks.telemetry.circuit_breaker.state', 0, undefined, HOST],
    ]);
    await processor.shutdown();
  });

  it('name the reason of what was not', async () => {
    const processor = new DatabricksTelemetrySpanProcessor(
      new DatabricksTelemetryExporter({ host: '127.0.0.1', token: 'dapi' }),
    );
    new SpanSource([processor]).openSession('1', { 'server.address': '127.0.0.1' });
    await processor.forceFlush();

    const seen = await points();
    assert.deepEqual(
      seen.filter(([, , error]) => error !== undefined),
      [
        ['otel.sdk.exporter.operation.duration', 1, 'host_refused', undefined],
        ['otel.sdk.exporter.span.exported', 1, 'host_refused', undefined],
      ],
    );
    await processor.shutdown();
  });

  it('exist with the first span: a short process exports them, and a meter provider that was shut down first does not warn', async () => {
    const warnings: string[] = [];
    diag.setLogger(
      { ...SILENT, warn: (message) => warnings.push(message) },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    const processor = new DatabricksTelemetrySpanProcessor(
      new DatabricksTelemetryExporter({ host: HOST, token: 'dapi', dryRun: () => undefined }),
    );
    new SpanSource([processor]).openSession('1', { 'server.address': HOST });
    const seen = await points();
    await provider.shutdown();
    await processor.shutdown();
    diag.disable();

    assert.deepEqual(
      seen.map(([name, value]) => [name, value]),
      [
        ['otel.sdk.exporter.span.inflight', 0],
        ['otel.sdk.exporter.span.exported', 0],
      ],
    );
    assert.deepEqual(warnings, []);
  });

  it('have a scope with version and schema, whole numbers as integers, and buckets in seconds', async () => {
    const processor = new DatabricksTelemetrySpanProcessor(
      new DatabricksTelemetryExporter({ host: HOST, token: 'dapi', dryRun: () => undefined }),
    );
    new SpanSource([processor]).openSession('1', { 'server.address': HOST });
    await processor.forceFlush();
    await points();
    const scopes = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
    assert.deepEqual(
      scopes.map(({ scope }) => scope),
      [{ name: SCOPE_NAME, version: PACKAGE_VERSION, schemaUrl: SCHEMA_URL }],
    );
    const made = scopes.flatMap((scope) => scope.metrics);
    const doubles = made.filter(({ descriptor }) => descriptor.valueType === ValueType.DOUBLE);
    assert.deepEqual(
      doubles.map(({ descriptor }) => descriptor.name),
      ['otel.sdk.exporter.operation.duration'],
    );
    const [duration] = doubles;
    assert.ok(duration?.dataPointType === DataPointType.HISTOGRAM);
    assert.equal(duration.dataPoints[0]?.value.buckets.boundaries[0], 0.005);
    await processor.shutdown();
  });
});

describe('PACKAGE_VERSION of the exporter', () => {
  it('is that of package.json', () => {
    const manifest = readFileSync(path.resolve(__dirname, '../../../package.json'), 'utf8');
    assert.equal((JSON.parse(manifest) as { version: string }).version, PACKAGE_VERSION);
  });
});
