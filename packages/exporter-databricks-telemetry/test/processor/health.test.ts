import assert from 'node:assert/strict';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { DatabricksTelemetrySpanProcessor } from '../../src/processor/processor';
import { UndeliveredError } from '../../src/record';
import { SpanSource } from '../spans';
import { RecordingExporter } from '../test-exporter';

interface Point {
  readonly metric: string;
  readonly value: unknown;
  readonly error: unknown;
  readonly component: unknown;
}

describe('health metrics of the processor', () => {
  let exporter: InMemoryMetricExporter;
  let provider: MeterProvider;

  function register(): void {
    exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    provider = new MeterProvider({
      readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
    });
    metrics.disable();
    metrics.setGlobalMeterProvider(provider);
  }

  async function points(): Promise<Point[]> {
    exporter.reset();
    await provider.forceFlush();
    return exporter.getMetrics().flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap((scope) =>
        scope.metrics.flatMap(({ descriptor, dataPoints }) =>
          dataPoints.map(({ value, attributes }) => {
            assert.equal(attributes['otel.component.type'], 'DatabricksTelemetrySpanProcessor');
            return {
              metric: descriptor.name,
              value,
              error: attributes['error.type'],
              component: attributes['otel.component.name'],
            };
          }),
        ),
      ),
    );
  }

  beforeEach(() => metrics.disable());
  afterEach(async () => {
    await provider.shutdown();
    metrics.disable();
  });

  it('show the books, though the meter provider came after the processor', async () => {
    const target = new RecordingExporter();
    const processor = new DatabricksTelemetrySpanProcessor(target, { maxQueueSize: 10 });
    register();
    const driver = new SpanSource([processor]);
    target.respond = (batch, answer) =>
      answer({
        code: 1,
        error: new UndeliveredError(batch.slice(0, 2), 'retryable', 9_000, { refused: 1 }),
      });
    for (let index = 0; index < 12; index += 1) driver.openSession(`${index}`);
    await processor.forceFlush();
    const seen = await points();
    const components = new Set(seen.map(({ component }) => component));
    assert.equal(components.size, 1);
    assert.match(String([...components][0]), /^DatabricksTelemetrySpanProcessor\/\d+$/);
    assert.deepEqual(
      seen.map(({ metric, value, error }) => [metric, value, error]),
      [
        ['otel.sdk.processor.span.queue.size', 2, undefined],
        ['otel.sdk.processor.span.queue.capacity', 10, undefined],
        ['otel.sdk.processor.span.processed', 7, undefined],
        ['otel.sdk.processor.span.processed', 2, 'queue_full'],
        ['otel.sdk.processor.span.processed', 1, 'refused'],
      ],
    );
    await processor.shutdown();
  });

  it('do not count the batch in flight as queued', async () => {
    register();
    const target = new RecordingExporter();
    target.hold();
    const processor = new DatabricksTelemetrySpanProcessor(target, { shutdownTimeoutMs: 20 });
    const driver = new SpanSource([processor]);
    driver.openSession('1');
    const flushed = processor.forceFlush();
    driver.openSession('2');
    driver.openSession('3');
    const queued = (await points()).find(({ metric }) => metric.endsWith('queue.size'));
    assert.equal(queued?.value, 2);
    target.release();
    await flushed;
    await processor.shutdown();
  });

  it('move with the meter provider, and are not counted twice', async () => {
    register();
    const former = provider;
    const formerExporter = exporter;
    const processor = new DatabricksTelemetrySpanProcessor(new RecordingExporter());
    const driver = new SpanSource([processor]);
    driver.openSession('1');
    await processor.forceFlush();
    register();
    driver.openSession('2');
    await processor.forceFlush();
    assert.ok((await points()).length > 0);
    formerExporter.reset();
    await former.forceFlush();
    const left = formerExporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap((scope) => scope.metrics.map(({ dataPoints }) => dataPoints.length)),
      );
    assert.ok(left.every((count) => count === 0));
    await former.shutdown();
    await processor.shutdown();
  });

  it('two processors have two names', async () => {
    register();
    for (const processor of [1, 2].map(
      () => new DatabricksTelemetrySpanProcessor(new RecordingExporter()),
    )) {
      new SpanSource([processor]).openSession();
      await processor.shutdown();
    }
    const sizes = (await points()).filter(({ metric }) => metric.endsWith('queue.size'));
    assert.equal(new Set(sizes.map(({ component }) => component)).size, 2);
  });
});
