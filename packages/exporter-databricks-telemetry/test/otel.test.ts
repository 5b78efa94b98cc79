import assert from 'node:assert/strict';
import type { NodeSDK } from '@opentelemetry/sdk-node';
import * as sdk from '@opentelemetry/sdk-trace-base';
import { DatabricksTelemetrySpanProcessor } from '../src/processor/processor';
import type { ReadableSpan, SpanExporter } from '../src/otel';
import { RecordingExporter } from './test-exporter';

const asOurs = (span: sdk.ReadableSpan): ReadableSpan => span;

/** Fails to compile where our structural types do not fit the SDK's. */
describe('the structural types fit sdk-trace-base', () => {
  it('in both directions', async () => {
    const processor: sdk.SpanProcessor = new DatabricksTelemetrySpanProcessor(
      new RecordingExporter(),
    );
    const exporter: SpanExporter = new sdk.InMemorySpanExporter();
    const another = new DatabricksTelemetrySpanProcessor(exporter);
    const sdkOptions: ConstructorParameters<typeof NodeSDK>[0] = {
      spanProcessors: [processor, another],
    };
    assert.ok(sdkOptions && asOurs);
    await processor.shutdown();
    await another.shutdown();
  });
});
