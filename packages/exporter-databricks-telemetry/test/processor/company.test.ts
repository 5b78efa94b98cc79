import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import * as sinon from 'sinon';
import { ATTR_DATABRICKS_STATEMENT_ID } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Operation } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReadableSpan } from '../../src/otel';
import { DatabricksTelemetrySpanProcessor } from '../../src/processor/processor';
import { DiagRecorder } from '../diag-recorder';
import { SpanSource } from '../spans';
import type { RecordingExporter } from '../test-exporter';
import { Benches } from './bench';

describe('DatabricksTelemetrySpanProcessor: with others', () => {
  const benches = new Benches();

  describe('in company', () => {
    it('turns other scopes away', async () => {
      const { exporter, processor } = benches.make();
      const other = new SpanSource([processor], undefined, '@opentelemetry/instrumentation-pg');
      other.openSession();
      await processor.forceFlush();
      assert.deepEqual(exporter.batches, []);
    });

    it('turns away what a later instrumentation may tell, even of a statement it knows', async () => {
      const made = benches.make();
      made.statements(1);
      const later = 'suspend_statement' as Operation;
      made.driver.span(later, { attributes: { [ATTR_DATABRICKS_STATEMENT_ID]: 's0' } });
      await made.processor.forceFlush();
      assert.deepEqual(made.sizes, [1]);
      assert.equal(made.processor.stats().late, 0);
    });

    it('counts a span once when it is listed twice, or with two providers', async () => {
      const { exporter, processor } = benches.make();
      const first = new SpanSource([processor, processor]);
      const second = new SpanSource([processor]);
      first.span('get_info');
      second.span('get_info');
      await processor.forceFlush();
      assert.equal(exporter.records.length, 2);
      await first.provider.shutdown();
      await second.provider.shutdown();
      assert.deepEqual(exporter.calls, ['forceFlush', 'shutdown']);
    });

    it('hands records on that look like their spans', async () => {
      const { driver, exporter, processor } = benches.make();
      let seen: ReadableSpan | undefined;
      const source = new SpanSource([
        {
          onStart: () => undefined,
          onEnd: (span) => {
            seen = span;
            processor.onEnd(span);
          },
          forceFlush: () => Promise.resolve(),
          shutdown: () => Promise.resolve(),
        },
      ]);
      void driver;
      source.span('open_session', { failure: { type: '401', own: true } });
      await processor.forceFlush();
      const record = exporter.records[0];
      assert.ok(record && seen);
      for (const name of [
        'name',
        'kind',
        'startTime',
        'endTime',
        'status',
        'attributes',
        'links',
        'events',
        'duration',
        'ended',
        'resource',
        'instrumentationScope',
        'parentSpanContext',
        'droppedAttributesCount',
        'droppedEventsCount',
        'droppedLinksCount',
      ] as (keyof ReadableSpan)[]) {
        assert.equal(record[name], seen[name], name);
      }
      assert.equal(record.spanContext().spanId, seen.spanContext().spanId);
    });

    it('never throws out of span.end(), nor prints, whatever fails underneath', async () => {
      const diag = new DiagRecorder().install();
      const console = sinon.stub(globalThis.console, 'error');
      const { driver, exporter, processor } = benches.make({ maxExportBatchSize: 1 });
      exporter.respond = () => {
        throw new Error('exporter');
      };
      driver.openSession();
      await benches.clock.tickAsync(10);
      for (const span of [undefined, null, 7, {}, { instrumentationScope: null }]) {
        processor.onEnd(span as unknown as ReadableSpan);
      }
      diag.remove();
      console.restore();
      assert.ok(console.notCalled);
      assert.deepEqual(processor.stats().dropped, { export_failed: 1 });
      const ofStart = diag.lines.filter(({ level }) => level === 'info');
      assert.equal(ofStart.length, 1, 'the options that are not the defaults');
      const others = diag.lines.filter((line) => !ofStart.includes(line));
      assert.ok(others.length > 0);
      const warnings = others.filter(({ level }) => level !== 'debug');
      assert.ok(warnings.every(({ level }) => level === 'warn'));
      assert.ok(warnings.length <= 2, 'one for onEnd, one for the exporter that threw');
    });

    it('an exporter that is no exporter harms nobody', async () => {
      const processor = new DatabricksTelemetrySpanProcessor({} as RecordingExporter);
      new SpanSource([processor]).openSession();
      await processor.forceFlush();
      await processor.shutdown();
      assert.deepEqual(processor.stats().dropped, { export_failed: 1 });
    });
  });

  describe('switched off by DATABRICKS_TELEMETRY_DISABLED', () => {
    afterEach(() => {
      delete process.env['DATABRICKS_TELEMETRY_DISABLED'];
    });

    for (const value of ['1', 'true', 'YES', ' on ']) {
      it(`"${value}": no state, no timer, no export`, async () => {
        process.env['DATABRICKS_TELEMETRY_DISABLED'] = value;
        const { driver, exporter, processor } = benches.make();
        driver.connect();
        driver.openSession();
        driver.execute('s1', { failure: { type: '42P01' } });
        assert.equal(benches.clock.countTimers(), 0);
        await processor.forceFlush();
        await processor.shutdown();
        assert.deepEqual(exporter.batches, []);
        assert.equal(processor.stats().offered, 0);
      });
    }

    it('any other value leaves it on', async () => {
      process.env['DATABRICKS_TELEMETRY_DISABLED'] = 'off';
      const { driver, exporter, processor } = benches.make();
      driver.openSession();
      await processor.forceFlush();
      assert.equal(exporter.records.length, 1);
    });
  });
});
