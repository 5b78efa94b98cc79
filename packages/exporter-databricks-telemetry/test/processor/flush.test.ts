import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DatabricksTelemetrySpanProcessor } from '../../src/processor/processor';
import { UndeliveredError } from '../../src/record';
import { SpanSource } from '../spans';
import { RecordingExporter } from '../test-exporter';
import { Benches, HOUR_MS, undelivered } from './bench';

describe('DatabricksTelemetrySpanProcessor: flushes', () => {
  const benches = new Benches();

  describe('when it flushes', () => {
    it('on the timer, 5 s after the first record', async () => {
      const { driver, exporter } = benches.make();
      driver.openSession();
      await benches.clock.tickAsync(4_999);
      assert.deepEqual(exporter.lines, []);
      await benches.clock.tickAsync(1);
      assert.deepEqual(exporter.lines, ['operation open_session']);
    });

    it('never when there is nothing, and without a timer then', async () => {
      const { exporter } = benches.make();
      assert.equal(benches.clock.countTimers(), 0);
      await benches.clock.tickAsync(HOUR_MS);
      assert.deepEqual(exporter.batches, []);
    });

    it('when a batch is full, not in the call that filled it', async () => {
      const made = benches.make({ maxExportBatchSize: 3 });
      made.statements(2);
      await benches.clock.tickAsync(1);
      assert.deepEqual(made.sizes, []);
      made.statements(1, 't');
      assert.deepEqual(made.sizes, []);
      await benches.clock.tickAsync(1);
      assert.deepEqual(made.sizes, [3]);
    });

    it('at once for a terminal error, which leaves the timer alone', async () => {
      const { driver, exporter } = benches.make();
      driver.openSession();
      await benches.clock.tickAsync(4_000);
      driver.execute('s1', { failure: { type: '42P01', own: true } });
      await benches.clock.tickAsync(1);
      assert.deepEqual(exporter.lines, ['operation open_session', 'failed execute_statement s1']);
      driver.closeSession();
      await benches.clock.tickAsync(998);
      assert.equal(exporter.batches.length, 1);
      await benches.clock.tickAsync(1);
      assert.equal(exporter.batches.length, 2);
    });

    it('at most once a second for many terminal errors', async () => {
      const { driver, exporter } = benches.make();
      for (let index = 0; index < 200; index += 1) {
        driver.execute(`s${index}`, { failure: { type: '42P01', own: true } });
        await benches.clock.tickAsync(10);
      }
      await benches.clock.tickAsync(1_000);
      assert.ok(exporter.batches.length <= 6, `${exporter.batches.length} batches`);
      const statements = exporter.records.filter(({ join }) => join.kind === 'operation');
      assert.equal(statements.length, 200);
    });

    it('offers nothing again for closed connections while the exporter asks to wait', async () => {
      const exporter = new RecordingExporter();
      const listeners: ((connectionId: string) => Promise<void>)[] = [];
      const aware = Object.assign(exporter, {
        onConnectionClosed: (listener: (connectionId: string) => Promise<void>) =>
          listeners.push(listener),
      });
      exporter.respond = (batch, answer) => {
        answer({ code: 1, error: new UndeliveredError(batch, 'breaker_open', 60_000) });
      };
      const processor = new DatabricksTelemetrySpanProcessor(aware);
      const driver = new SpanSource([processor]);
      for (let index = 0; index < 50; index += 1) driver.openSession(`s${index}`);
      for (let index = 0; index < 50; index += 1) await listeners[0]?.(`c${index}`);
      assert.equal(exporter.batches.length, 1);
      assert.equal(processor.stats().pending, 50);
      await benches.clock.tickAsync(60_000);
      assert.equal(exporter.batches.length, 2);
      exporter.respond = (_batch, answer) => answer({ code: 0 });
      await processor.forceFlush();
      assert.equal(processor.stats().delivered, 50, 'forceFlush() ignores the wait');
      await processor.shutdown();
    });

    it('not at once for a retryable error', async () => {
      const { driver, exporter } = benches.make();
      driver.execute('s1', { failure: { type: '503', own: true, retryable: true } });
      driver.close('s1');
      await benches.clock.tickAsync(4_999);
      assert.deepEqual(exporter.batches, []);
      await benches.clock.tickAsync(1);
      assert.equal(exporter.records.length, 1);
    });

    it('on forceFlush, which then calls the exporter’s own', async () => {
      const { driver, exporter, processor } = benches.make();
      driver.openSession();
      await processor.forceFlush();
      assert.equal(exporter.records.length, 1);
      assert.deepEqual(exporter.calls, ['forceFlush']);
    });

    it('on forceFlush nothing of a statement that is still open', async () => {
      const { driver, exporter, processor } = benches.make();
      driver.execute('s1');
      await processor.forceFlush();
      assert.deepEqual(exporter.lines, []);
      driver.close('s1');
      await processor.forceFlush();
      assert.deepEqual(exporter.lines, ['operation execute_statement s1']);
    });

    it('when a connection is closed, with what it left', async () => {
      let closed: ((connectionId: string) => Promise<void>) | undefined;
      const exporter = Object.assign(new RecordingExporter(), {
        onConnectionClosed: (listener: typeof closed) => {
          closed = listener;
        },
      });
      const processor = new DatabricksTelemetrySpanProcessor(exporter);
      const driver = new SpanSource([processor]);
      driver.connect({ 'databricks.connection.id': 'c1' });
      driver.execute('s1', { attributes: { 'databricks.connection.id': 'c1' } });
      const settled = closed?.('c1');
      assert.deepEqual(exporter.lines, ['operation execute_statement s1']);
      await settled;
      assert.equal(benches.clock.countTimers(), 1, 'only the idle sweep is left');
      void processor.shutdown();
    });
  });

  describe('one flush in flight', () => {
    it('callers that come while it runs share the next one, which covers what was queued', async () => {
      const { driver, exporter, processor } = benches.make();
      exporter.hold();
      driver.openSession('1');
      const first = processor.forceFlush();
      driver.openSession('2');
      const second = processor.forceFlush();
      driver.openSession('3');
      const third = processor.forceFlush();
      assert.equal(exporter.batches.length, 1);
      exporter.release();
      await first;
      assert.deepEqual(
        exporter.batches.map(({ length }) => length),
        [1, 2],
      );
      exporter.release();
      await Promise.all([second, third]);
      assert.equal(processor.stats().delivered, 3);
    });

    it('a terminal error during a flush leaves with that flush', async () => {
      const { driver, exporter } = benches.make();
      exporter.hold();
      driver.span('execute_statement', { failure: { type: '42P01' } });
      await benches.clock.tickAsync(1);
      driver.span('execute_statement', { failure: { type: '42P01' } });
      await benches.clock.tickAsync(1);
      assert.equal(exporter.batches.length, 1);
      exporter.release();
      assert.equal(exporter.batches.length, 2);
    });

    it('no batch is larger than its size, and all of what was queued follows', async () => {
      const made = benches.make({ maxExportBatchSize: 10 });
      made.exporter.respond = (_batch, answer) => answer({ code: 0 });
      for (let index = 0; index < 25; index += 1) made.driver.openSession(`${index}`);
      await made.processor.forceFlush();
      assert.deepEqual(made.sizes, [10, 10, 5]);
    });

    it('an exporter that answers twice is heard once', async () => {
      const { driver, exporter, processor } = benches.make();
      exporter.respond = (batch, answer) => {
        answer({ code: 0 });
        answer(undelivered(batch));
        answer({ code: 0 });
      };
      driver.openSession();
      await processor.forceFlush();
      assert.deepEqual([processor.stats().delivered, processor.stats().pending], [1, 0]);
    });

    it('an exporter that never answers is given up after a minute', async () => {
      const { driver, exporter, processor } = benches.make();
      exporter.respond = () => undefined;
      driver.openSession('1');
      await benches.clock.tickAsync(5_000);
      driver.openSession('2');
      await benches.clock.tickAsync(59_999);
      assert.equal(exporter.batches.length, 1);
      await benches.clock.tickAsync(5_001);
      assert.equal(exporter.batches.length, 2);
      assert.deepEqual(processor.stats().dropped, { export_failed: 1 });
    });
  });
});
