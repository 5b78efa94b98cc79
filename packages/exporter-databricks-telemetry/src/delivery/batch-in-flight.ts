import type { Attributes } from '@opentelemetry/api';
import type { Fate } from '../record';
import type { ConnectionBatch, OutgoingRecord } from './connection-batch';
import type { Destination } from './destination';

/** A batch under way: its destination, and the fate of each of its records as it becomes known. */
export class BatchInFlight {
  readonly facts: Attributes;
  readonly destination: Destination;
  /** Attributes of the resource of the process that holds the connection, when it is not this one. */
  readonly resource: Attributes | undefined;
  readonly #batch: ConnectionBatch;
  readonly #records: readonly OutgoingRecord[];
  readonly #fates: (Fate | undefined)[];

  constructor(batch: ConnectionBatch, destination: Destination) {
    this.facts = batch.facts;
    this.destination = destination;
    this.resource = batch.claimed?.resource;
    this.#batch = batch;
    this.#records = batch.spans.flatMap(({ records }) => records);
    this.#fates = this.#records.map(() => undefined);
  }

  get spanCount(): number {
    return this.#batch.spans.length;
  }

  /** Records without a fate. */
  pending(): PendingRecord[] {
    return this.#records.flatMap((record, index) =>
      this.#fates[index] === undefined ? [new PendingRecord(record, this, index)] : [],
    );
  }

  settle(index: number, fate: Fate): void {
    this.#fates[index] ??= fate;
  }

  settleAll(fate: Fate): void {
    for (const index of this.#fates.keys()) this.settle(index, fate);
  }

  /** The fate of each span, which is delivered when all of its records are. */
  spanFates(): Fate[] {
    let next = 0;
    return this.#batch.spans.map(({ records }) => {
      const fates = this.#fates.slice(next, (next += records.length));
      return (
        fates.find((fate) => fate?.kind === 'undelivered') ??
        fates.find((fate) => fate?.kind === 'dropped') ?? { kind: 'delivered' }
      );
    });
  }
}

/** A record of a batch in flight that has no fate yet. */
export class PendingRecord {
  readonly record: OutgoingRecord;
  readonly batch: BatchInFlight;
  readonly #index: number;

  constructor(record: OutgoingRecord, batch: BatchInFlight, index: number) {
    this.record = record;
    this.batch = batch;
    this.#index = index;
  }

  settle(fate: Fate): void {
    this.batch.settle(this.#index, fate);
  }
}
