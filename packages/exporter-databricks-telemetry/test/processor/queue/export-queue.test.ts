import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { Accounting } from '../../../src/accounting';
import { ExportQueue } from '../../../src/processor/queue/export-queue';
import { SpanRecord } from '../../../src/processor/join/span-record';
import type { ReadableSpan } from '../../../src/otel';
import type { Join } from '../../../src/record';
import { DiagRecorder } from '../../diag-recorder';

function record(name: string, kind: Join['kind'] = 'operation', bytes = 1): SpanRecord {
  const join = { kind, connection: undefined, completion: undefined };
  return new SpanRecord({ name } as ReadableSpan, join, bytes);
}

function names(records: readonly SpanRecord[]): string[] {
  return records.map(({ name }) => name);
}

describe('ExportQueue', () => {
  const bounds = { maxQueueSize: 3, maxQueueBytes: 100 };

  it('gives records in the order of offering, errors and others alike', () => {
    const queue = new ExportQueue(bounds, new Accounting());
    queue.offer(record('a'));
    queue.offer(record('b', 'error'));
    queue.offer(record('c'));
    assert.deepEqual(names(queue.take(2, Infinity)), ['a', 'b']);
    assert.deepEqual(names(queue.take(2, Infinity)), ['c']);
  });

  it('drops the oldest record that is no error first, and says so once', () => {
    const diag = new DiagRecorder().install();
    const accounting = new Accounting();
    const queue = new ExportQueue(bounds, accounting);
    queue.offer(record('e1', 'error'));
    queue.offer(record('a'));
    queue.offer(record('b'));
    queue.offer(record('c'));
    queue.offer(record('e2', 'error'));
    queue.offer(record('e3', 'error'));
    queue.offer(record('d'));
    queue.offer(record('e4', 'error'));
    diag.remove();
    assert.deepEqual(names(queue.take(9, Infinity)), ['e2', 'e3', 'e4']);
    assert.deepEqual(accounting.dropped, { queue_full: 5 });
    assert.equal(diag.warnings('dropped'), 1);
  });

  it('turns away what it would drop at once: no error, while it is full of errors', () => {
    const accounting = new Accounting();
    const queue = new ExportQueue(bounds, accounting);
    for (const name of ['e1', 'e2']) queue.offer(record(name, 'error'));
    assert.ok(!queue.turnsAway(false));
    queue.offer(record('a'));
    assert.ok(!queue.turnsAway(false));
    queue.offer(record('e3', 'error'));
    assert.ok(!queue.turnsAway(true));
    assert.ok(queue.turnsAway(false));
    assert.equal(accounting.offered, 5);
    assert.deepEqual(accounting.dropped, { queue_full: 2 });
  });

  it('is bounded in bytes, and refuses what alone is too large', () => {
    const accounting = new Accounting();
    const queue = new ExportQueue(bounds, accounting);
    queue.offer(record('a', 'operation', 60));
    queue.offer(record('b', 'operation', 60));
    queue.offer(record('huge', 'error', 101));
    assert.equal(queue.bytes, 60);
    assert.deepEqual(names(queue.take(9, Infinity)), ['b']);
    assert.deepEqual(accounting.dropped, { queue_full: 1, too_large: 1 });
  });

  it('counts the batch in flight, so that what comes back always fits, in front', () => {
    const accounting = new Accounting();
    const queue = new ExportQueue(bounds, accounting);
    queue.offer(record('a'));
    queue.offer(record('b'));
    const batch = queue.take(2, Infinity);
    queue.offer(record('c'));
    queue.offer(record('d'));
    assert.equal(queue.pending, 3);
    queue.settle(batch, new Set(batch));
    queue.recall();
    assert.deepEqual(names(queue.take(9, Infinity)), ['a', 'b', 'd']);
    assert.deepEqual(accounting.dropped, { queue_full: 1 });
  });

  it('lets what came back wait until it is recalled, and drops it first', () => {
    const queue = new ExportQueue(bounds, new Accounting());
    queue.offer(record('a'));
    queue.offer(record('b'));
    const batch = queue.take(2, Infinity);
    queue.settle(batch, new Set(batch));
    queue.offer(record('c'));
    queue.offer(record('d'));
    assert.deepEqual(names(queue.take(9, Infinity)), ['c', 'd']);
    queue.recall();
    assert.deepEqual(names(queue.take(9, Infinity)), ['b']);
  });

  it('takes nothing that was offered after the asking', () => {
    const queue = new ExportQueue(bounds, new Accounting());
    queue.offer(record('a'));
    const asked = queue.lastSequence;
    queue.offer(record('b'));
    assert.deepEqual(names(queue.take(9, asked)), ['a']);
    assert.deepEqual(queue.take(9, asked), []);
  });

  it('after its close drops everything that is offered', () => {
    const accounting = new Accounting();
    const queue = new ExportQueue(bounds, accounting);
    queue.offer(record('a'));
    queue.close();
    queue.offer(record('b'));
    assert.equal(queue.pending, 0);
    assert.equal(queue.bytes, 0);
    assert.deepEqual(accounting.dropped, { shutdown: 2 });
  });

  it('equals a naive queue under any use', () => {
    interface Item {
      name: string;
      error: boolean;
      bytes: number;
    }
    const step = fc.oneof(
      fc.record({ error: fc.boolean(), bytes: fc.integer({ min: 1, max: 40 }) }),
      fc.constantFrom('take' as const, 'deliver' as const, 'return' as const, 'recall' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const accounting = new Accounting();
        const queue = new ExportQueue({ maxQueueSize: 8, maxQueueBytes: 100 }, accounting);
        let ready: Item[] = [];
        let returned: Item[] = [];
        let flight: Item[] = [];
        let batch: SpanRecord[] = [];
        let dropped = 0;
        const all = (): Item[] => [...returned, ...ready, ...flight];
        const bytes = (): number => all().reduce((sum, item) => sum + item.bytes, 0);
        for (const [index, action] of steps.entries()) {
          if (typeof action === 'object') {
            const item = { name: `${index}`, ...action };
            queue.offer(record(item.name, item.error ? 'error' : 'operation', item.bytes));
            ready.push(item);
            while (all().length > 8 || bytes() > 100) {
              const candidates = [...returned, ...ready];
              const victim = candidates.find(({ error }) => !error) ?? candidates[0];
              if (victim === undefined) break;
              ready = ready.filter((other) => other !== victim);
              returned = returned.filter((other) => other !== victim);
              dropped += 1;
            }
          } else if (action === 'take' && batch.length === 0) {
            batch = queue.take(3, Infinity);
            flight = ready.splice(0, 3);
            assert.deepEqual(
              names(batch),
              flight.map(({ name }) => name),
            );
          } else if (action === 'deliver' || action === 'return') {
            queue.settle(batch, new Set(action === 'return' ? batch : []));
            if (action === 'return') returned.push(...flight);
            batch = [];
            flight = [];
          } else if (action === 'recall' && batch.length === 0) {
            queue.recall();
            ready = [...returned, ...ready];
            returned = [];
          }
          assert.equal(queue.pending, all().length);
          assert.equal(queue.bytes, bytes());
          assert.equal(accounting.dropped.queue_full ?? 0, dropped);
        }
      }),
    );
  });
});
