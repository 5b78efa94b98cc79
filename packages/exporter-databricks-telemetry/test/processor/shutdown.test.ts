import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import * as sinon from 'sinon';
import { UndeliveredError } from '../../src/record';
import { DiagRecorder } from '../diag-recorder';
import { Benches, HOUR_MS, undelivered } from './bench';

describe('DatabricksTelemetrySpanProcessor: its end', () => {
  const benches = new Benches();

  describe('shutdown', () => {
    it('completes open statements, flushes, shuts the exporter down, leaves no timer', async () => {
      const { driver, exporter, processor } = benches.make();
      driver.openSession();
      driver.execute('s1');
      driver.of('s1', 'fetch', { failure: { type: '503', own: true } });
      await processor.shutdown();
      assert.deepEqual(exporter.lines, ['operation open_session', 'failed execute_statement s1']);
      assert.deepEqual(exporter.calls, ['shutdown']);
      assert.equal(benches.clock.countTimers(), 0);
    });

    it('warns once of lost records, with their number, the host and its last error', async () => {
      const diag = new DiagRecorder().install();
      const { driver, exporter, processor } = benches.make();
      Object.assign(exporter, {
        stats: () => ({ hosts: { 'a.example.com': { lastError: '503' }, 'b.example.com': {} } }),
      });
      exporter.respond = (batch, answer) => {
        answer({ code: 1, error: new UndeliveredError(batch, 'retryable') });
      };
      driver.openSession('1');
      driver.openSession('2');
      await processor.shutdown();
      diag.remove();
      assert.deepEqual(
        diag.lines.filter(({ level }) => level === 'warn').map(({ text }) => text),
        [
          '@dbsql-otel/exporter-databricks-telemetry 2 telemetry records were lost at the shutdown, for a.example.com (last error: 503): check the network, or raise shutdownTimeoutMs',
        ],
      );
    });

    it('does not warn when nothing was lost', async () => {
      const diag = new DiagRecorder().install();
      const { driver, processor } = benches.make();
      driver.openSession();
      await processor.shutdown();
      diag.remove();
      assert.equal(diag.warnings(''), 0);
    });

    it('waits for the export in flight', async () => {
      const { driver, exporter, processor } = benches.make();
      exporter.hold();
      driver.openSession();
      await benches.clock.tickAsync(5_000);
      const closed = sinon.spy();
      const shutdown = processor.shutdown().then(closed);
      await benches.clock.tickAsync(1_000);
      assert.ok(closed.notCalled);
      exporter.release();
      await shutdown;
      assert.equal(processor.stats().delivered, 1);
    });

    it('ends at its deadline; what is left is dropped, whatever is answered later', async () => {
      const { driver, exporter, processor } = benches.make();
      exporter.hold();
      exporter.shutdown = () => new Promise(() => undefined);
      driver.openSession('1');
      await benches.clock.tickAsync(5_000);
      driver.openSession('2');
      driver.execute('s1');
      const closed = sinon.spy();
      const shutdown = processor.shutdown().then(closed);
      await benches.clock.tickAsync(1_999);
      assert.ok(closed.notCalled);
      await benches.clock.tickAsync(1);
      await shutdown;
      exporter.release();
      const { offered, delivered, pending, dropped, statements } = processor.stats();
      assert.deepEqual(
        { offered, delivered, pending, dropped, statements },
        { offered: 3, delivered: 0, pending: 0, dropped: { shutdown: 3 }, statements: 0 },
      );
      assert.equal(benches.clock.countTimers(), 0);
    });

    it('tries again what is due within its time, and gives the exporter what is left of it', async () => {
      const { driver, exporter, processor } = benches.make();
      const shutdownOf = sinon.stub(exporter, 'shutdown').resolves();
      exporter.respond = (batch, answer) => answer(undelivered(batch, 'retryable', 800));
      driver.openSession();
      const shutdown = processor.shutdown();
      await benches.clock.tickAsync(799);
      exporter.respond = (_batch, answer) => answer({ code: 0 });
      await benches.clock.tickAsync(1);
      await shutdown;
      assert.equal(processor.stats().delivered, 1);
      assert.deepEqual(shutdownOf.firstCall.args, [1_200]);
    });

    it('delivers more statements than the queue holds', async () => {
      const { driver, exporter, processor } = benches.make({
        maxQueueSize: 50,
        maxExportBatchSize: 10,
      });
      for (let index = 0; index < 400; index += 1) driver.execute(`s${index}`);
      await processor.shutdown();
      assert.equal(exporter.records.length, 400);
      assert.deepEqual(processor.stats().dropped, {});
    });

    it('happens once, and shares its promise', async () => {
      const { exporter, processor } = benches.make();
      assert.equal(processor.shutdown(), processor.shutdown());
      await processor.shutdown();
      await processor.forceFlush();
      assert.deepEqual(exporter.calls, ['shutdown']);
    });

    it('counts the statements for which there was no room until its deadline', async () => {
      const { driver, exporter, processor } = benches.make({ maxQueueSize: 2 });
      exporter.hold();
      for (let index = 0; index < 10; index += 1) driver.execute(`s${index}`);
      const closed = processor.shutdown();
      await benches.clock.tickAsync(2_000);
      await closed;
      const { offered, dropped, statements } = processor.stats();
      assert.deepEqual(
        { offered, dropped, statements },
        { offered: 10, dropped: { shutdown: 10 }, statements: 0 },
      );
    });

    it('delivers the errors of a statement that still runs', async () => {
      const { driver, exporter, processor } = benches.make();
      driver.of('s1', 'fetch', { failure: { type: '503', own: true } });
      await processor.shutdown();
      assert.deepEqual(exporter.lines, ['error fetch s1']);
      assert.equal(processor.stats().delivered, 1);
    });

    it('takes no span from its call on', async () => {
      const { driver, processor } = benches.make();
      driver.openSession('1');
      const closed = processor.shutdown();
      driver.openSession('2');
      await closed;
      assert.equal(processor.stats().offered, 1);
    });

    it('afterwards spans are ignored, and no timer comes back', async () => {
      const { driver, exporter, processor } = benches.make();
      await processor.shutdown();
      driver.openSession();
      driver.execute('s1', { failure: { type: '42P01' } });
      await benches.clock.tickAsync(HOUR_MS);
      assert.deepEqual(exporter.batches, []);
      assert.equal(processor.stats().offered, 0);
      assert.equal(benches.clock.countTimers(), 0);
    });

    it('an exporter that fails to shut down or flush is no concern of the application', async () => {
      for (const failure of [
        () => Promise.reject(new Error('down')),
        () => {
          throw new Error('down');
        },
      ]) {
        const { driver, exporter, processor } = benches.make();
        exporter.forceFlush = failure;
        exporter.shutdown = failure;
        driver.openSession();
        await processor.forceFlush();
        await processor.shutdown();
        assert.equal(processor.stats().delivered, 1);
      }
    });
  });
});
