import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { UndeliveredError } from '../../src/record';
import { lineOf } from '../test-exporter';
import { Benches, HOUR_MS, undelivered } from './bench';

describe('DatabricksTelemetrySpanProcessor: what is undelivered', () => {
  const benches = new Benches();

  describe('what comes back', () => {
    it('goes out again in one batch after the other, however many wait for it', async () => {
      const { processor, exporter, statements } = benches.make({ maxExportBatchSize: 2 });
      let inFlight = 0;
      let isDown = true;
      exporter.respond = (batch, answer) => {
        inFlight += 1;
        assert.equal(inFlight, 1);
        setTimeout(() => {
          inFlight -= 1;
          answer(isDown ? undelivered(batch) : { code: 0 });
        }, 10);
      };
      statements(5);
      const first = processor.forceFlush();
      const second = processor.forceFlush();
      await benches.clock.tickAsync(30);
      isDown = false;
      await benches.clock.tickAsync(1_000);
      await Promise.all([first, second]);
      const { delivered, pending } = processor.stats();
      assert.deepEqual({ delivered, pending }, { delivered: 5, pending: 0 });
    });

    it('stays, and is tried again with the timer, in its order and once', async () => {
      const { driver, exporter, processor } = benches.make();
      exporter.respond = (batch, answer) => answer(undelivered(batch));
      driver.openSession();
      driver.closeSession();
      await benches.clock.tickAsync(5_000);
      assert.equal(processor.stats().pending, 2);
      exporter.respond = (_batch, answer) => answer({ code: 0 });
      await benches.clock.tickAsync(5_000);
      assert.deepEqual(exporter.batches[1]?.map(lineOf), [
        'operation open_session',
        'operation close_session',
      ]);
      assert.equal(processor.stats().delivered, 2);
      await benches.clock.tickAsync(HOUR_MS);
      assert.equal(exporter.batches.length, 2);
    });

    it('waits as long as the exporter says, and lets others pass', async () => {
      const { driver, exporter, processor } = benches.make();
      exporter.respond = (batch, answer) => answer(undelivered(batch, 'breaker_open', 60_000));
      driver.openSession('1');
      await benches.clock.tickAsync(5_000);
      exporter.respond = (_batch, answer) => answer({ code: 0 });
      driver.openSession('2');
      await benches.clock.tickAsync(5_000);
      assert.equal(exporter.batches.length, 2);
      assert.equal(processor.stats().delivered, 1);
      await benches.clock.tickAsync(54_999);
      assert.equal(processor.stats().delivered, 1);
      await benches.clock.tickAsync(1);
      assert.equal(processor.stats().delivered, 2);
    });

    it('forceFlush tries it at once, whatever was asked for before', async () => {
      const { driver, exporter, processor } = benches.make();
      exporter.respond = (batch, answer) => answer(undelivered(batch, 'breaker_open', 60_000));
      driver.openSession();
      await benches.clock.tickAsync(5_000);
      exporter.respond = (_batch, answer) => answer({ code: 0 });
      await processor.forceFlush();
      assert.equal(processor.stats().delivered, 1);
      assert.equal(benches.clock.countTimers(), 0);
    });

    it('forceFlush waits for the feature flag, as far as its time allows', async () => {
      const { driver, exporter, processor } = benches.make();
      exporter.respond = (batch, answer) => answer(undelivered(batch, 'flag_unknown'));
      driver.openSession();
      const flush = processor.forceFlush();
      await benches.clock.tickAsync(350);
      exporter.respond = (_batch, answer) => answer({ code: 0 });
      await benches.clock.tickAsync(50);
      await flush;
      assert.equal(processor.stats().delivered, 1);
    });

    it('forceFlush does not wait for what is not due within its time', async () => {
      const { driver, exporter, processor } = benches.make();
      exporter.respond = (batch, answer) => answer(undelivered(batch, 'retryable', 2_500));
      driver.openSession();
      await processor.forceFlush();
      assert.equal(exporter.batches.length, 1);
      assert.equal(processor.stats().pending, 1);
    });

    it('a part of a batch may: the rest is delivered or dropped, by reason', async () => {
      const { driver, exporter, processor } = benches.make();
      exporter.respond = (batch, answer) =>
        answer({
          code: 1,
          error: new UndeliveredError(batch.slice(0, 1), 'retryable', 9_000, { too_large: 2 }),
        });
      for (let index = 0; index < 5; index += 1) driver.openSession(`${index}`);
      await processor.forceFlush();
      const { delivered, pending, dropped } = processor.stats();
      assert.deepEqual(
        { delivered, pending, dropped },
        {
          delivered: 2,
          pending: 1,
          dropped: { too_large: 2 },
        },
      );
    });

    it('one host that is down does not keep the others waiting', async () => {
      const { driver, exporter, processor } = benches.make({ maxExportBatchSize: 2 });
      exporter.respond = (batch, answer) => {
        const down = batch.filter(({ attributes }) => attributes['server.address'] === 'down');
        answer(down.length === 0 ? { code: 0 } : undelivered(down));
      };
      for (let index = 0; index < 5; index += 1) {
        driver.openSession(`down ${index}`, { 'server.address': 'down' });
      }
      driver.openSession('up', { 'server.address': 'up' });
      await benches.clock.tickAsync(10);
      assert.equal(processor.stats().delivered, 1);
      assert.equal(processor.stats().pending, 5);
    });

    const nonsense: Record<string, unknown> = {
      'an error of its own': { code: 1, error: new Error('503') },
      'no error': { code: 1 },
      nothing: undefined,
      'an account of nothing': { code: 1, error: { undelivered: [] } },
      'foreign spans': { code: 1, error: { undelivered: [{}, null] } },
    };
    for (const [name, result] of Object.entries(nonsense)) {
      it(`${name} from an exporter: dropped and counted`, async () => {
        const { driver, exporter, processor } = benches.make();
        exporter.respond = (_batch, answer) => answer(result as { code: 0 });
        driver.openSession();
        await processor.forceFlush();
        assert.deepEqual(processor.stats().dropped, { export_failed: 1 });
      });
    }

    it('more drops than there were records are cut', async () => {
      const { driver, exporter, processor } = benches.make();
      const dropped = { refused: 7.5, nonsense: 3, too_large: -1, host_refused: Number.NaN };
      exporter.respond = (batch, answer) =>
        answer({ code: 1, error: Object.assign(new Error(), { undelivered: batch, dropped }) });
      driver.openSession('1');
      driver.openSession('2');
      await processor.forceFlush();
      assert.equal(processor.stats().pending, 2);
      assert.deepEqual(processor.stats().dropped, {});
    });
  });

  describe('bounds', () => {
    it('500 records: the oldest that is no error goes first; while the export hangs too', async () => {
      const made = benches.make();
      made.exporter.respond = () => undefined;
      made.statements(100, 'flying');
      await benches.clock.tickAsync(1);
      for (let index = 0; index < 50; index += 1) {
        made.driver.span('execute_statement', { failure: { type: 'ECONNRESET' } });
      }
      made.statements(5_000);
      const { pending, inFlight, dropped } = made.processor.stats();
      assert.deepEqual({ pending, inFlight }, { pending: 500, inFlight: 100 });
      assert.deepEqual(dropped, { queue_full: 100 + 50 + 5_000 - 500 });
    });

    it('4 MiB: large texts push out older records', () => {
      const { driver, processor } = benches.make();
      const text = 'x'.repeat(1024 * 1024);
      for (let index = 0; index < 6; index += 1) {
        driver.execute(`s${index}`, { attributes: { 'db.query.text': text } });
        driver.close(`s${index}`);
      }
      const { pending, pendingBytes, dropped } = processor.stats();
      assert.equal(pending, 3);
      assert.ok(pendingBytes <= 4 * 1024 * 1024);
      assert.deepEqual(dropped, { queue_full: 3 });
    });

    it('an idle statement is reported after an hour, by a timer that then stops', async () => {
      const { driver, exporter, processor } = benches.make();
      driver.execute('s1');
      await benches.clock.tickAsync(HOUR_MS - 1);
      assert.equal(processor.stats().statements, 1);
      await benches.clock.tickAsync(10_000);
      assert.deepEqual(exporter.lines, ['operation execute_statement s1']);
      assert.equal(benches.clock.countTimers(), 0);
    });
  });
});
