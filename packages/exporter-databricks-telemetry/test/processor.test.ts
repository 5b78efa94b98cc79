import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import * as sinon from 'sinon';
import { resolveProcessorOptions, type ProcessorOptions } from '../src/config';
import type { ReadableSpan } from '../src/otel';
import { DatabricksTelemetrySpanProcessor } from '../src/processor';
import { UndeliveredError } from '../src/record';
import { assertBalanced } from './accounting-assertions';
import { DiagRecorder } from './diag-recorder';
import { SpanSource } from './spans';
import { lineOf, RecordingExporter } from './test-exporter';

const HOUR_MS = 3_600_000;

/** A processor between real spans and an exporter that does as told, under a fake clock. */
class Bench {
  readonly exporter = new RecordingExporter();
  readonly processor: DatabricksTelemetrySpanProcessor;
  readonly driver: SpanSource;

  constructor(options: ProcessorOptions = {}) {
    this.processor = new DatabricksTelemetrySpanProcessor(this.exporter, options);
    this.driver = new SpanSource([this.processor]);
  }

  /** Whole statements, closed: a record each. */
  readonly statements = (count: number, prefix = 's'): void => {
    for (let index = 0; index < count; index += 1) {
      this.driver.execute(`${prefix}${index}`);
      this.driver.close(`${prefix}${index}`);
    }
  };

  get sizes(): number[] {
    return this.exporter.batches.map(({ length }) => length);
  }
}

function undelivered(
  batch: readonly ReadableSpan[],
  reason: ConstructorParameters<typeof UndeliveredError>[1] = 'retryable',
  retryAfterMs?: number,
): { code: 1; error: Error } {
  return { code: 1, error: new UndeliveredError(batch, reason, retryAfterMs) };
}

describe('DatabricksTelemetrySpanProcessor', () => {
  let clock: sinon.SinonFakeTimers;
  let benches: Bench[] = [];

  beforeEach(() => {
    clock = sinon.useFakeTimers();
    benches = [];
  });

  afterEach(() => {
    clock.restore();
    for (const { processor } of benches) assertBalanced(processor.stats());
  });

  function bench(options?: ProcessorOptions): Bench {
    const made = new Bench(options);
    benches.push(made);
    return made;
  }

  describe('when it flushes', () => {
    it('on the timer, 5 s after the first record', async () => {
      const { driver, exporter } = bench();
      driver.openSession();
      await clock.tickAsync(4_999);
      assert.deepEqual(exporter.lines, []);
      await clock.tickAsync(1);
      assert.deepEqual(exporter.lines, ['operation open_session']);
    });

    it('never when there is nothing, and without a timer then', async () => {
      const { exporter } = bench();
      assert.equal(clock.countTimers(), 0);
      await clock.tickAsync(HOUR_MS);
      assert.deepEqual(exporter.batches, []);
    });

    it('when a batch is full, not in the call that filled it', async () => {
      const made = bench({ maxExportBatchSize: 3 });
      made.statements(2);
      await clock.tickAsync(1);
      assert.deepEqual(made.sizes, []);
      made.statements(1, 't');
      assert.deepEqual(made.sizes, []);
      await clock.tickAsync(1);
      assert.deepEqual(made.sizes, [3]);
    });

    it('at once for a terminal error, which leaves the timer alone', async () => {
      const { driver, exporter } = bench();
      driver.openSession();
      await clock.tickAsync(4_000);
      driver.execute('s1', { failure: { type: '42P01', own: true } });
      await clock.tickAsync(1);
      assert.deepEqual(exporter.lines, [
        'operation open_session',
        'operation execute_statement s1',
        'error execute_statement s1',
      ]);
      driver.closeSession();
      await clock.tickAsync(998);
      assert.equal(exporter.batches.length, 1);
      await clock.tickAsync(1);
      assert.equal(exporter.batches.length, 2);
    });

    it('not at once for a retryable error', async () => {
      const { driver, exporter } = bench();
      driver.execute('s1', { failure: { type: '503', own: true } });
      driver.close('s1');
      await clock.tickAsync(4_999);
      assert.deepEqual(exporter.batches, []);
      await clock.tickAsync(1);
      assert.equal(exporter.records.length, 2);
    });

    it('on forceFlush, which then calls the exporter’s own', async () => {
      const { driver, exporter, processor } = bench();
      driver.openSession();
      await processor.forceFlush();
      assert.equal(exporter.records.length, 1);
      assert.deepEqual(exporter.calls, ['forceFlush']);
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
      assert.equal(clock.countTimers(), 1, 'only the idle sweep is left');
    });
  });

  describe('one flush in flight', () => {
    it('callers that come while it runs share the next one, which covers what was queued', async () => {
      const { driver, exporter, processor } = bench();
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
      const { driver, exporter } = bench();
      exporter.hold();
      driver.span('execute_statement', { failure: { type: '42P01' } });
      await clock.tickAsync(1);
      driver.span('execute_statement', { failure: { type: '42P01' } });
      await clock.tickAsync(1);
      assert.equal(exporter.batches.length, 1);
      exporter.release();
      assert.equal(exporter.batches.length, 2);
    });

    it('no batch is larger than its size, and all of what was queued follows', async () => {
      const made = bench({ maxExportBatchSize: 10 });
      made.exporter.respond = (_batch, answer) => answer({ code: 0 });
      for (let index = 0; index < 25; index += 1) made.driver.openSession(`${index}`);
      await made.processor.forceFlush();
      assert.deepEqual(made.sizes, [10, 10, 5]);
    });

    it('an exporter that answers twice is heard once', async () => {
      const { driver, exporter, processor } = bench();
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
      const { driver, exporter, processor } = bench();
      exporter.respond = () => undefined;
      driver.openSession('1');
      await clock.tickAsync(5_000);
      driver.openSession('2');
      await clock.tickAsync(59_999);
      assert.equal(exporter.batches.length, 1);
      await clock.tickAsync(5_001);
      assert.equal(exporter.batches.length, 2);
      assert.deepEqual(processor.stats().dropped, { export_failed: 1 });
    });
  });

  describe('what comes back', () => {
    it('goes out again in one batch after the other, however many wait for it', async () => {
      const { processor, exporter, statements } = bench({ maxExportBatchSize: 2 });
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
      await clock.tickAsync(30);
      isDown = false;
      await clock.tickAsync(1_000);
      await Promise.all([first, second]);
      const { delivered, pending } = processor.stats();
      assert.deepEqual({ delivered, pending }, { delivered: 5, pending: 0 });
    });

    it('stays, and is tried again with the timer, in its order and once', async () => {
      const { driver, exporter, processor } = bench();
      exporter.respond = (batch, answer) => answer(undelivered(batch));
      driver.openSession();
      driver.closeSession();
      await clock.tickAsync(5_000);
      assert.equal(processor.stats().pending, 2);
      exporter.respond = (_batch, answer) => answer({ code: 0 });
      await clock.tickAsync(5_000);
      assert.deepEqual(exporter.batches[1]?.map(lineOf), [
        'operation open_session',
        'operation close_session',
      ]);
      assert.equal(processor.stats().delivered, 2);
      await clock.tickAsync(HOUR_MS);
      assert.equal(exporter.batches.length, 2);
    });

    it('waits as long as the exporter says, and lets others pass', async () => {
      const { driver, exporter, processor } = bench();
      exporter.respond = (batch, answer) => answer(undelivered(batch, 'breaker_open', 60_000));
      driver.openSession('1');
      await clock.tickAsync(5_000);
      exporter.respond = (_batch, answer) => answer({ code: 0 });
      driver.openSession('2');
      await clock.tickAsync(5_000);
      assert.equal(exporter.batches.length, 2);
      assert.equal(processor.stats().delivered, 1);
      await clock.tickAsync(54_999);
      assert.equal(processor.stats().delivered, 1);
      await clock.tickAsync(1);
      assert.equal(processor.stats().delivered, 2);
    });

    it('forceFlush tries it at once, whatever was asked for before', async () => {
      const { driver, exporter, processor } = bench();
      exporter.respond = (batch, answer) => answer(undelivered(batch, 'breaker_open', 60_000));
      driver.openSession();
      await clock.tickAsync(5_000);
      exporter.respond = (_batch, answer) => answer({ code: 0 });
      await processor.forceFlush();
      assert.equal(processor.stats().delivered, 1);
      assert.equal(clock.countTimers(), 0);
    });

    it('forceFlush waits for the feature flag, as far as its time allows', async () => {
      const { driver, exporter, processor } = bench();
      exporter.respond = (batch, answer) => answer(undelivered(batch, 'flag_unknown'));
      driver.openSession();
      const flush = processor.forceFlush();
      await clock.tickAsync(350);
      exporter.respond = (_batch, answer) => answer({ code: 0 });
      await clock.tickAsync(50);
      await flush;
      assert.equal(processor.stats().delivered, 1);
    });

    it('forceFlush does not wait for what is not due within its time', async () => {
      const { driver, exporter, processor } = bench();
      exporter.respond = (batch, answer) => answer(undelivered(batch, 'retryable', 2_500));
      driver.openSession();
      await processor.forceFlush();
      assert.equal(exporter.batches.length, 1);
      assert.equal(processor.stats().pending, 1);
    });

    it('a part of a batch may: the rest is delivered or dropped, by reason', async () => {
      const { driver, exporter, processor } = bench();
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
      const { driver, exporter, processor } = bench({ maxExportBatchSize: 2 });
      exporter.respond = (batch, answer) => {
        const down = batch.filter(({ attributes }) => attributes['server.address'] === 'down');
        answer(down.length === 0 ? { code: 0 } : undelivered(down));
      };
      for (let index = 0; index < 5; index += 1) {
        driver.openSession(`down ${index}`, { 'server.address': 'down' });
      }
      driver.openSession('up', { 'server.address': 'up' });
      await clock.tickAsync(10);
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
        const { driver, exporter, processor } = bench();
        exporter.respond = (_batch, answer) => answer(result as { code: 0 });
        driver.openSession();
        await processor.forceFlush();
        assert.deepEqual(processor.stats().dropped, { export_failed: 1 });
      });
    }

    it('more drops than there were records are cut', async () => {
      const { driver, exporter, processor } = bench();
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
      const made = bench();
      made.exporter.respond = () => undefined;
      made.statements(100, 'flying');
      await clock.tickAsync(1);
      for (let index = 0; index < 50; index += 1) {
        made.driver.span('execute_statement', { failure: { type: 'ECONNRESET' } });
      }
      made.statements(5_000);
      const { pending, inFlight, dropped } = made.processor.stats();
      assert.deepEqual({ pending, inFlight }, { pending: 500, inFlight: 100 });
      assert.deepEqual(dropped, { queue_full: 100 + 100 + 5_000 - 500 });
    });

    it('4 MiB: large texts push out older records', () => {
      const { driver, processor } = bench();
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
      const { driver, exporter, processor } = bench();
      driver.execute('s1');
      await clock.tickAsync(HOUR_MS - 1);
      assert.equal(processor.stats().statements, 1);
      await clock.tickAsync(10_000);
      assert.deepEqual(exporter.lines, ['operation execute_statement s1']);
      assert.equal(clock.countTimers(), 0);
    });
  });

  describe('shutdown', () => {
    it('completes open statements, flushes, shuts the exporter down, leaves no timer', async () => {
      const { driver, exporter, processor } = bench();
      driver.openSession();
      driver.execute('s1');
      driver.of('s1', 'fetch', { failure: { type: '503', own: true } });
      await processor.shutdown();
      assert.deepEqual(exporter.lines, [
        'operation open_session',
        'operation execute_statement s1',
        'error fetch s1',
      ]);
      assert.deepEqual(exporter.calls, ['shutdown']);
      assert.equal(clock.countTimers(), 0);
    });

    it('waits for the export in flight', async () => {
      const { driver, exporter, processor } = bench();
      exporter.hold();
      driver.openSession();
      await clock.tickAsync(5_000);
      const closed = sinon.spy();
      const shutdown = processor.shutdown().then(closed);
      await clock.tickAsync(1_000);
      assert.ok(closed.notCalled);
      exporter.release();
      await shutdown;
      assert.equal(processor.stats().delivered, 1);
    });

    it('ends at its deadline; what is left is dropped, whatever is answered later', async () => {
      const { driver, exporter, processor } = bench();
      exporter.hold();
      exporter.shutdown = () => new Promise(() => undefined);
      driver.openSession('1');
      await clock.tickAsync(5_000);
      driver.openSession('2');
      driver.execute('s1');
      const closed = sinon.spy();
      const shutdown = processor.shutdown().then(closed);
      await clock.tickAsync(1_999);
      assert.ok(closed.notCalled);
      await clock.tickAsync(1);
      await shutdown;
      exporter.release();
      const { offered, delivered, pending, dropped, statements } = processor.stats();
      assert.deepEqual(
        { offered, delivered, pending, dropped, statements },
        { offered: 3, delivered: 0, pending: 0, dropped: { shutdown: 3 }, statements: 0 },
      );
      assert.equal(clock.countTimers(), 0);
    });

    it('tries again what is due within its time, and gives the exporter what is left of it', async () => {
      const { driver, exporter, processor } = bench();
      const shutdownOf = sinon.stub(exporter, 'shutdown').resolves();
      exporter.respond = (batch, answer) => answer(undelivered(batch, 'retryable', 800));
      driver.openSession();
      const shutdown = processor.shutdown();
      await clock.tickAsync(799);
      exporter.respond = (_batch, answer) => answer({ code: 0 });
      await clock.tickAsync(1);
      await shutdown;
      assert.equal(processor.stats().delivered, 1);
      assert.deepEqual(shutdownOf.firstCall.args, [1_200]);
    });

    it('delivers more statements than the queue holds', async () => {
      const { driver, exporter, processor } = bench({ maxQueueSize: 50, maxExportBatchSize: 10 });
      for (let index = 0; index < 400; index += 1) driver.execute(`s${index}`);
      await processor.shutdown();
      assert.equal(exporter.records.length, 400);
      assert.deepEqual(processor.stats().dropped, {});
    });

    it('happens once, and shares its promise', async () => {
      const { exporter, processor } = bench();
      assert.equal(processor.shutdown(), processor.shutdown());
      await processor.shutdown();
      await processor.forceFlush();
      assert.deepEqual(exporter.calls, ['shutdown']);
    });

    it('afterwards spans are ignored, and no timer comes back', async () => {
      const { driver, exporter, processor } = bench();
      await processor.shutdown();
      driver.openSession();
      driver.execute('s1', { failure: { type: '42P01' } });
      await clock.tickAsync(HOUR_MS);
      assert.deepEqual(exporter.batches, []);
      assert.equal(processor.stats().offered, 0);
      assert.equal(clock.countTimers(), 0);
    });

    it('an exporter that fails to shut down or flush is no concern of the application', async () => {
      for (const failure of [
        () => Promise.reject(new Error('down')),
        () => {
          throw new Error('down');
        },
      ]) {
        const { driver, exporter, processor } = bench();
        exporter.forceFlush = failure;
        exporter.shutdown = failure;
        driver.openSession();
        await processor.forceFlush();
        await processor.shutdown();
        assert.equal(processor.stats().delivered, 1);
      }
    });
  });

  describe('in company', () => {
    it('turns other scopes away', async () => {
      const { exporter, processor } = bench();
      const other = new SpanSource([processor], undefined, '@opentelemetry/instrumentation-pg');
      other.openSession();
      await processor.forceFlush();
      assert.deepEqual(exporter.batches, []);
    });

    it('counts a span once when it is listed twice, or with two providers', async () => {
      const { exporter, processor } = bench();
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
      const { driver, exporter, processor } = bench();
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
      const { driver, exporter, processor } = bench({ maxExportBatchSize: 1 });
      exporter.respond = () => {
        throw new Error('exporter');
      };
      driver.openSession();
      await clock.tickAsync(10);
      for (const span of [undefined, null, 7, {}, { instrumentationScope: null }]) {
        processor.onEnd(span as unknown as ReadableSpan);
      }
      diag.remove();
      console.restore();
      assert.ok(console.notCalled);
      assert.deepEqual(processor.stats().dropped, { export_failed: 1 });
      assert.ok(diag.lines.every(({ level }) => level === 'debug'));
      assert.ok(diag.lines.length > 0);
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
        const { driver, exporter, processor } = bench();
        driver.connect();
        driver.openSession();
        driver.execute('s1', { failure: { type: '42P01' } });
        assert.equal(clock.countTimers(), 0);
        await processor.forceFlush();
        await processor.shutdown();
        assert.deepEqual(exporter.batches, []);
        assert.equal(processor.stats().offered, 0);
      });
    }

    it('any other value leaves it on', async () => {
      process.env['DATABRICKS_TELEMETRY_DISABLED'] = 'off';
      const { driver, exporter, processor } = bench();
      driver.openSession();
      await processor.forceFlush();
      assert.equal(exporter.records.length, 1);
    });
  });
});

describe('resolveProcessorOptions', () => {
  it('uses the default for what is no integer within its bounds, and warns', () => {
    const diag = new DiagRecorder().install();
    const resolved = resolveProcessorOptions({
      maxQueueSize: -1,
      maxExportBatchSize: Number.NaN,
      scheduledDelayMs: 7,
      shutdownTimeoutMs: '5' as unknown as number,
    });
    diag.remove();
    assert.equal(resolved.maxQueueSize, 500);
    assert.equal(resolved.maxExportBatchSize, 100);
    assert.equal(resolved.scheduledDelayMs, 7);
    assert.equal(resolved.shutdownTimeoutMs, 2_000);
    assert.equal(diag.warnings('maxQueueSize'), 1);
  });
});
