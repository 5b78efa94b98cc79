import assert from 'node:assert/strict';
import { metrics } from '@opentelemetry/api';
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
import { SpanSource } from '../spans';

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
});
