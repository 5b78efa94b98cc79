import * as arrow from 'apache-arrow';
import type { Column, Relation } from '../engine/types';
import { arrowType } from './arrow-types';
import type { ArrowNativeTypes } from './arrow-types';
import { columnData } from './arrow-data';

const END_OF_STREAM_BYTES = 8;
const MAX_BATCH_ROWS = 65_536;

/** Encodes rows of one relation as Arrow IPC: whole streams, or their single messages. */
export class ArrowEncoder {
  /** The schema alone, as one IPC message. */
  readonly schemaMessage: Buffer;
  readonly #relation: Relation;
  readonly #native: ArrowNativeTypes;
  readonly #schema: arrow.Schema;

  constructor(relation: Relation, native: ArrowNativeTypes) {
    this.#relation = relation;
    this.#native = native;
    this.#schema = new arrow.Schema(
      relation.columns.map((column) => nullableField(column, native)),
    );
    this.schemaMessage = serialize(this.#schema, []).subarray(0, -END_OF_STREAM_BYTES);
  }

  /** The rows `from` to `to` as one record batch message, without the schema. */
  batchMessage(from: number, to: number): Buffer {
    const stream = serialize(this.#schema, [this.#batch(from, to)]);
    return stream.subarray(this.schemaMessage.length, -END_OF_STREAM_BYTES);
  }

  /** The rows `from` to `to` as a whole IPC stream of record batches of at most 65 536 rows. */
  stream(from: number, to: number): Buffer {
    const batches: arrow.RecordBatch[] = [];
    for (let row = from; row < to; row += MAX_BATCH_ROWS) {
      batches.push(this.#batch(row, Math.min(to, row + MAX_BATCH_ROWS)));
    }
    return serialize(this.#schema, batches);
  }

  #batch(from: number, to: number): arrow.RecordBatch {
    const columns = this.#relation.read(from, to);
    const children = this.#relation.columns.map(({ type }, index) =>
      columnData(type, columns[index] ?? [], this.#native),
    );
    const type = new arrow.Struct(this.#schema.fields);
    const data = arrow.makeData({ type, length: to - from, nullCount: 0, children });
    return new arrow.RecordBatch(this.#schema, data);
  }
}

function serialize(schema: arrow.Schema, batches: readonly arrow.RecordBatch[]): Buffer {
  const writer = new arrow.RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  for (const batch of batches) writer.write(batch);
  writer.finish();
  return Buffer.from(writer.toUint8Array(true));
}

function nullableField(column: Column, native: ArrowNativeTypes): arrow.Field {
  return new arrow.Field(column.name, arrowType(column.type, native), true);
}
