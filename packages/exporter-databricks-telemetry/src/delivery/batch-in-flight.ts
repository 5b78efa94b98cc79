import type { Attributes } from '@opentelemetry/api';
import type { Fate } from '../record';
import type { ConnectionBatch, OutgoingRecord } from './connection-batch';
import type { Destination } from './destination';

const DELIVERED: Fate = { kind: 'delivered' };

/** A batch under way: its destination, and the fate of each of its records as it becomes known. */
export class BatchInFlight {
  readonly facts: Attributes;
  readonly destination: Destination;
  /** Attributes of the resource of the process that holds the connection, when it is not this one. */
  readonly resource: Attributes | undefined;
  readonly #records: readonly RecordInFlight[];

  constructor(batch: ConnectionBatch, destination: Destination) {
    this.facts = batch.facts;
    this.destination = destination;
    this.resource = batch.claimed?.resource;
    this.#records = batch.records.map((record) => new RecordInFlight(record, this));
  }

  get size(): number {
    return this.#records.length;
  }

  get hasDelivered(): boolean {
    return this.#records.some(({ fate }) => fate?.kind === 'delivered');
  }

  /** Records without a fate. */
  pending(): RecordInFlight[] {
    return this.#records.filter(({ fate }) => fate === undefined);
  }

  settleAll(fate: Fate): void {
    for (const record of this.#records) record.settle(fate);
  }

  fates(): Fate[] {
    return this.#records.map(({ fate }) => fate ?? DELIVERED);
  }
}

/** A record of a batch in flight. */
export class RecordInFlight {
  readonly record: OutgoingRecord;
  readonly batch: BatchInFlight;
  #fate: Fate | undefined = undefined;

  constructor(record: OutgoingRecord, batch: BatchInFlight) {
    this.record = record;
    this.batch = batch;
  }

  get fate(): Fate | undefined {
    return this.#fate;
  }

  /** The first fate is final. */
  settle(fate: Fate): void {
    this.#fate ??= fate;
  }
}
