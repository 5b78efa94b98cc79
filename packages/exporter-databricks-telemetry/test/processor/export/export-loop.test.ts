import assert from 'node:assert/strict';
import * as sinon from 'sinon';
import { Accounting } from '../../../src/accounting';
import { ExportLoop } from '../../../src/processor/export/export-loop';
import type { ExportLoopOptions } from '../../../src/processor/export/export-loop';
import { ExportQueue } from '../../../src/processor/queue/export-queue';
import { SpanRecord } from '../../../src/processor/join/span-record';
import type { ExportResult, ReadableSpan, SpanExporter } from '../../../src/otel';
import { UndeliveredError } from '../../../src/record';
import { DiagRecorder } from '../../diag-recorder';
import { useFakeClock } from '../../fake-clock';

const JOIN = { kind: 'operation', connection: undefined, completion: undefined } as const;
const OPTIONS: ExportLoopOptions = {
  maxExportBatchSize: 10,
  scheduledDelayMs: 60_000,
  exportTimeoutMs: 30_000,
};
const DELIVERED: ExportResult = { code: 0 };

/** A loop whose exporter answers when the test says so. */
class Bench implements SpanExporter {
  readonly accounting = new Accounting();
  readonly queue = new ExportQueue(
    { maxQueueSize: 100_000, maxQueueBytes: 1_000_000 },
    this.accounting,
  );
  readonly loop: ExportLoop;
  readonly batches: string[][] = [];
  #answer: ((result: ExportResult) => void) | undefined;
  #batch: readonly ReadableSpan[] = [];

  constructor(options: Partial<ExportLoopOptions> = {}) {
    const all = { ...OPTIONS, ...options };
    this.loop = new ExportLoop(all, this.queue, this.accounting, this, () => undefined);
  }

  export(batch: ReadableSpan[], answer: (result: ExportResult) => void): void {
    this.batches.push(batch.map(({ name }) => name));
    this.#batch = batch;
    this.#answer = answer;
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  answer(result: ExportResult = DELIVERED): void {
    this.#answer?.(result);
  }

  /** The batch comes back, to be tried again after that. */
  handBack(retryAfterMs?: number): void {
    const error = new UndeliveredError(this.#batch, 'retryable', retryAfterMs);
    this.answer({ code: 1, error });
  }

  offer(name: string, isUrgent = false): void {
    this.queue.offer(new SpanRecord({ name } as ReadableSpan, JOIN, 1));
    this.loop.queued(isUrgent);
  }

  /** What is offered comes back, to be tried again after that. */
  returned(name: string, retryAfterMs: number, clock: sinon.SinonFakeTimers): void {
    this.offer(name, true);
    clock.tick(0);
    assert.deepEqual(this.batches.pop(), [name]);
    this.handBack(retryAfterMs);
  }
}

describe('ExportLoop', () => {
  let clock: sinon.SinonFakeTimers;
  let diag: DiagRecorder;

  beforeEach(() => {
    clock = useFakeClock();
    diag = new DiagRecorder().install();
  });
  afterEach(() => {
    diag.remove();
    clock.restore();
  });

  it('has a timer for what is queued, an immediate for what is urgent, and one for what is in flight', () => {
    const bench = new Bench();
    assert.equal(bench.loop.armed, 0);
    bench.offer('a');
    assert.equal(bench.loop.armed, 1);
    bench.offer('b', true);
    bench.offer('c', true);
    assert.equal(bench.loop.armed, 2);
    clock.tick(0);
    assert.deepEqual(bench.batches, [['a', 'b', 'c']]);
    assert.equal(bench.loop.armed, 2);
    bench.offer('d', true);
    assert.equal(bench.loop.armed, 2, 'the pass that runs takes it');
    bench.answer();
    assert.deepEqual(bench.batches[1], ['d']);
    bench.offer('e', true);
    assert.equal(bench.loop.armed, 3, 'one for the next early flush');
    bench.answer();
    assert.equal(bench.loop.armed, 2);
    clock.tick(OPTIONS.scheduledDelayMs);
    bench.answer();
    assert.equal(bench.loop.armed, 0);
    assert.equal(bench.batches.length, 3);
  });

  it('is over when it is closed: whoever waits is told, and nothing begins', async () => {
    const bench = new Bench();
    bench.offer('a');
    const waiting = [bench.loop.flushed(), bench.loop.flushed()];
    assert.equal(bench.batches.length, 1);
    bench.loop.close();
    assert.deepEqual(await Promise.all(waiting), [undefined, undefined]);
    assert.deepEqual(bench.accounting.dropped, { shutdown: 1 });
    bench.loop.close();
    bench.offer('b', true);
    assert.equal(await bench.loop.flushed(), undefined);
    bench.answer();
    assert.equal(bench.loop.armed, 0);
    assert.equal(bench.batches.length, 1);
    assert.deepEqual(bench.accounting.dropped, { shutdown: 1 });
    assert.equal(bench.accounting.delivered, 0);
  });

  it('tries again what came back as soon as the first of it is due', () => {
    for (const [delays, dueMs] of [
      [[10_000, 5_000], 6_000],
      [[5_000, 10_000], 5_000],
    ] as const) {
      const bench = new Bench();
      bench.returned('a', delays[0], clock);
      clock.tick(1_000);
      bench.returned('b', delays[1], clock);
      clock.tick(dueMs - 1_001);
      assert.deepEqual(bench.batches, []);
      clock.tick(1);
      assert.deepEqual(bench.batches, [['a', 'b']]);
      bench.loop.close();
    }
  });

  it('waits with what is due for the batch that is in flight', () => {
    const bench = new Bench();
    bench.returned('a', 5_000, clock);
    bench.offer('b', true);
    clock.tick(6_000);
    assert.deepEqual(bench.batches, [['b']]);
    bench.answer();
    assert.deepEqual(bench.batches, [['b'], ['a']]);
    bench.answer();
    assert.equal(bench.accounting.delivered, 2);
  });

  it('tells who waits for the shortest time after which asking again may help', async () => {
    const bench = new Bench({ maxExportBatchSize: 1 });
    for (const name of ['a', 'b', 'c']) bench.offer(name);
    const flushed = bench.loop.flushed();
    for (const delayMs of [9_000, 1_000, 5_000]) bench.handBack(delayMs);
    assert.equal(await flushed, 1_000);
  });

  it('goes on however many batches are answered within the call', () => {
    const RECORDS = 20_000;
    const bench = new Bench({ maxExportBatchSize: 1 });
    sinon.replace(bench, 'export', (_batch, answer) => answer(DELIVERED));
    for (let index = 0; index < RECORDS; index += 1) bench.offer('a');
    clock.tick(0);
    assert.equal(bench.accounting.delivered, RECORDS);
    assert.deepEqual(bench.accounting.dropped, {});
  });

  it('says at debug that an exporter threw, or did not answer in time', () => {
    const bench = new Bench({ exportTimeoutMs: 1_000 });
    bench.offer('a', true);
    clock.tick(1_000);
    assert.ok(diag.lines.some(({ text }) => text.includes('did not answer within 1000 ms')));
    sinon.replace(bench, 'export', () => {
      throw new Error('of an exporter');
    });
    bench.offer('b', true);
    clock.tick(0);
    assert.ok(diag.lines.some(({ text }) => text.includes('the exporter threw')));
    assert.deepEqual(bench.accounting.dropped, { export_failed: 2 });
  });
});
