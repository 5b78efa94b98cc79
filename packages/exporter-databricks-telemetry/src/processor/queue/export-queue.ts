import type { Accounting } from '../../accounting';
import { OncePerCondition } from '../../diagnostics';
import type { SpanRecord } from '../join/span-record';
import { Deque } from './deque';

/** Records in the order of their offering, errors kept apart so that the oldest non-error is found in O(1). */
class Lane {
  readonly errors = new Deque<SpanRecord>();
  readonly others = new Deque<SpanRecord>();

  get length(): number {
    return this.errors.length + this.others.length;
  }

  pushBack(record: SpanRecord): void {
    (record.isError ? this.errors : this.others).pushBack(record);
  }

  /** Takes the oldest record that was offered no later than `lastSequence`. */
  shiftUpTo(lastSequence: number): SpanRecord | undefined {
    const error = this.errors.first?.sequence ?? Infinity;
    const other = this.others.first?.sequence ?? Infinity;
    if (Math.min(error, other) > lastSequence) return undefined;
    return (error < other ? this.errors : this.others).shiftFront();
  }

  /** Puts all of `older`, whose records were offered before those here, in front. */
  prepend(older: Lane): void {
    for (let record = older.errors.popBack(); record; record = older.errors.popBack()) {
      this.errors.pushFront(record);
    }
    for (let record = older.others.popBack(); record; record = older.others.popBack()) {
      this.others.pushFront(record);
    }
  }
}

export interface QueueBounds {
  readonly maxQueueSize: number;
  readonly maxQueueBytes: number;
}

/**
 * The records that wait for the exporter. The bounds cover all that is pending: what is ready, what came back and waits
 * for its time, and the batch that is in flight; so what comes back always fits. Beyond them the oldest record that is
 * no error is dropped first, in O(1).
 */
export class ExportQueue {
  readonly #bounds: QueueBounds;
  readonly #accounting: Accounting;
  readonly #ready = new Lane();
  /** Came back from the exporter; older than everything that is ready. */
  readonly #returned = new Lane();
  #inFlight = 0;
  #bytes = 0;
  #lastSequence = 0;
  #closed = false;
  readonly #overflow = new OncePerCondition();

  constructor(bounds: QueueBounds, accounting: Accounting) {
    this.#bounds = bounds;
    this.#accounting = accounting;
  }

  /** Records never tried, or due to be tried again. */
  get ready(): number {
    return this.#ready.length;
  }

  /** Records that came back and wait to be recalled. */
  get returned(): number {
    return this.#returned.length;
  }

  /** Records the exporter was given and has not answered for. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get pending(): number {
    return this.#ready.length + this.#returned.length + this.#inFlight;
  }

  /** Estimated bytes of all that is pending. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Sequence of the record offered last; what a flush asked for now has to cover. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /**
   * Whether a record would be dropped the moment it is offered, because the queue is full of errors and this one is no
   * error. It then counts as offered and dropped, and the caller need not create it.
   */
  turnsAway(isError: boolean): boolean {
    const others = this.#returned.others.length + this.#ready.others.length;
    if (isError || others > 0 || this.pending < this.#bounds.maxQueueSize) return false;
    this.#accounting.offered += 1;
    this.#dropped();
    return true;
  }

  offer(record: SpanRecord): void {
    this.#accounting.offered += 1;
    if (this.#closed || record.bytes > this.#bounds.maxQueueBytes) {
      this.#accounting.drop(this.#closed ? 'shutdown' : 'too_large');
      return;
    }
    this.#lastSequence += 1;
    record.sequence = this.#lastSequence;
    this.#ready.pushBack(record);
    this.#bytes += record.bytes;
    while (this.#isOverfull() && this.#dropOldest());
  }

  /** Takes the next batch, oldest first, of records offered no later than `lastSequence`. */
  take(maxRecords: number, lastSequence: number): SpanRecord[] {
    const batch: SpanRecord[] = [];
    while (batch.length < maxRecords) {
      const record = this.#ready.shiftUpTo(lastSequence);
      if (record === undefined) break;
      batch.push(record);
    }
    this.#inFlight += batch.length;
    return batch;
  }

  /** Ends the flight of `batch`; those in `undelivered` stay, until they are recalled. */
  settle(batch: readonly SpanRecord[], undelivered: ReadonlySet<unknown>): void {
    this.#inFlight -= batch.length;
    for (const record of batch) {
      if (undelivered.has(record)) this.#returned.pushBack(record);
      else this.#bytes -= record.bytes;
    }
    if (this.pending === 0) this.#overflow.rearm();
  }

  /** What came back is ready again, in front and in its old order. */
  recall(): void {
    if (this.#returned.length > 0) this.#ready.prepend(this.#returned);
  }

  /** Drops everything that is not in flight, and all that is offered later. */
  close(): void {
    this.#closed = true;
    for (const lane of [this.#returned, this.#ready]) {
      for (let record = lane.shiftUpTo(Infinity); record; record = lane.shiftUpTo(Infinity)) {
        this.#bytes -= record.bytes;
        this.#accounting.drop('shutdown');
      }
    }
  }

  #isOverfull(): boolean {
    return this.pending > this.#bounds.maxQueueSize || this.#bytes > this.#bounds.maxQueueBytes;
  }

  #dropOldest(): boolean {
    const dropped =
      this.#returned.others.shiftFront() ??
      this.#ready.others.shiftFront() ??
      this.#returned.errors.shiftFront() ??
      this.#ready.errors.shiftFront();
    if (dropped === undefined) return false;
    this.#bytes -= dropped.bytes;
    this.#dropped();
    return true;
  }

  #dropped(): void {
    this.#accounting.drop('queue_full');
    this.#overflow.warn(
      'telemetry arrives faster than it can be delivered: the oldest records are dropped, see stats()',
    );
  }
}
