import assert from 'node:assert/strict';
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { TraceState } from '@opentelemetry/core';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  InMemorySpanExporter,
  ParentBasedSampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type { Sampler, SamplingResult } from '../src/otel';
import { DatabricksTelemetrySpanProcessor } from '../src/processor/processor';
import { databricksSampler } from '../src/sampler';
import { assertBalanced } from './accounting-assertions';
import { SpanSource } from './spans';
import { RecordingExporter } from './test-exporter';

function decide(sampler: Sampler, attributes: Attributes): SamplingResult {
  return sampler.shouldSample(
    ROOT_CONTEXT,
    '1'.repeat(32),
    'name',
    SpanKind.CLIENT,
    attributes,
    [],
  );
}

describe('databricksSampler', () => {
  const off = databricksSampler(new AlwaysOffSampler());

  for (const operation of [
    'connect',
    'open_session',
    'close_session',
    'execute_statement',
    'get_info',
    'get_tables',
    'get_cross_reference',
    'cancel_statement',
    'close_statement',
    'staging_put',
    'staging_get',
    'staging_remove',
  ]) {
    it(`records ${operation} when it is not sampled`, () => {
      const { decision } = decide(off, { 'databricks.operation': operation });
      assert.equal(decision, SamplingDecision.RECORD);
    });
  }

  for (const operation of ['fetch', 'cloudfetch_download']) {
    it(`leaves ${operation} alone, unless it is made to tell of a failure`, () => {
      const attributes = { 'databricks.operation': operation };
      assert.equal(decide(off, attributes).decision, SamplingDecision.NOT_RECORD);
      assert.equal(
        decide(off, { ...attributes, 'error.type': '503' }).decision,
        SamplingDecision.RECORD,
      );
    });
  }

  for (const attributes of [{}, { 'databricks.operation': 'nonsense' }, undefined, null]) {
    it(`leaves spans of others alone: ${JSON.stringify(attributes)}`, () => {
      assert.equal(decide(off, attributes as Attributes).decision, SamplingDecision.NOT_RECORD);
    });
  }

  it('keeps what the user’s sampler decided, its attributes and its trace state', () => {
    const traceState = new TraceState('a=b');
    for (const decision of [0, 1, 2] as const) {
      const result: SamplingResult = { decision, attributes: { rule: 'r' }, traceState };
      const sampler = databricksSampler({ shouldSample: () => result, toString: () => 'user' });
      const ours = decide(sampler, { 'databricks.operation': 'connect' });
      assert.deepEqual(ours, { ...result, decision: decision === 0 ? 1 : decision });
      assert.equal(String(sampler), 'DatabricksSampler{user}');
    }
  });

  it('hands the call on as it came, and throws what the user’s sampler throws', () => {
    const failure = new Error('user');
    let seen: unknown[] = [];
    const sampler = databricksSampler({
      shouldSample(...args: unknown[]) {
        seen = args;
        throw failure;
      },
    });
    const attributes = { 'databricks.operation': 'connect' };
    assert.throws(
      () => decide(sampler, attributes),
      (error) => error === failure,
    );
    assert.deepEqual(seen, [ROOT_CONTEXT, '1'.repeat(32), 'name', SpanKind.CLIENT, attributes, []]);
  });

  it('hands a nonsensical answer on', () => {
    const sampler = databricksSampler({
      shouldSample: () => undefined as unknown as SamplingResult,
    });
    assert.equal(decide(sampler, { 'databricks.operation': 'connect' }), undefined);
  });

  it('a child of a trace that is not sampled is recorded, and no exporter beside ours sees it', async () => {
    const spans = new InMemorySpanExporter();
    const exporter = new RecordingExporter();
    const processor = new DatabricksTelemetrySpanProcessor(exporter);
    const driver = new SpanSource(
      [new BatchSpanProcessor(spans), processor],
      databricksSampler(new ParentBasedSampler({ root: new AlwaysOffSampler() })),
    );
    driver.execute('s1');
    driver.close('s1');
    await driver.provider.forceFlush();
    assert.deepEqual(exporter.lines, ['operation execute_statement s1']);
    assert.deepEqual(spans.getFinishedSpans(), []);
  });

  it('1 % of 10 000 statements are traced, all of them are reported', async () => {
    const spans = new InMemorySpanExporter();
    const exporter = new RecordingExporter();
    const processor = new DatabricksTelemetrySpanProcessor(exporter);
    const traces = new BatchSpanProcessor(spans, { maxQueueSize: 20_000 });
    const driver = new SpanSource(
      [traces, processor],
      databricksSampler(new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.01) })),
    );
    driver.connect();
    for (let index = 0; index < 10_000; index += 1) {
      driver.execute(`s${index}`);
      driver.close(`s${index}`);
      if (index % 100 === 99) await processor.forceFlush();
    }
    await driver.provider.forceFlush();
    assert.equal(new Set(exporter.lines).size, 10_000);
    assert.equal(exporter.records.length, 10_000);
    const traced = spans
      .getFinishedSpans()
      .filter(
        ({ attributes }) => attributes['databricks.operation'] === 'execute_statement',
      ).length;
    assert.ok(traced > 40 && traced < 200, `${traced} traces`);
    assertBalanced(processor.stats());
  });

  it('sampled spans stay sampled', () => {
    const on = databricksSampler(new AlwaysOnSampler());
    for (const operation of ['connect', 'fetch', 'other']) {
      const { decision } = decide(on, { 'databricks.operation': operation });
      assert.equal(decision, SamplingDecision.RECORD_AND_SAMPLED);
    }
  });
});
