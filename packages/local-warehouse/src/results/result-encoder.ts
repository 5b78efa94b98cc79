import { ArrowEncoder } from './arrow-encoding';
import { lz4Frame } from './lz4';
import type { ResultPlan, RowRange } from './result-plan';
import { columnarBytes } from './text';

/** Bytes of a whole result. */
export interface ResultSize {
  readonly uncompressed: number;
  readonly compressed: number;
}

type Encoding = 'batch' | 'file';

/** Encodes the chunks of one result, each once for its size and for its data, and adds up their sizes. */
export class ResultEncoder {
  readonly #plan: ResultPlan;
  #arrow: ArrowEncoder | undefined;
  #latest: { readonly key: string; readonly bytes: Buffer } | undefined;
  #measuredRows = 0;
  #uncompressedBytes = 0;
  #compressedBytes = 0;

  constructor(plan: ResultPlan) {
    this.#plan = plan;
  }

  /** The schema alone, as one Arrow IPC message. */
  get schemaMessage(): Buffer {
    return this.#encoder.schemaMessage;
  }

  /** Rows of an inline result as one record batch message. */
  batch(rows: RowRange): Buffer {
    return this.#encode('batch', rows);
  }

  /** Rows of a result as a whole Arrow IPC stream, as in a CloudFetch file. */
  file(rows: RowRange): Buffer {
    return this.#encode('file', rows);
  }

  /** Exact when all rows were encoded; otherwise scaled up from those that were, the first chunk at least. */
  get size(): ResultSize {
    const { relation, format, chunks } = this.#plan;
    const [first] = chunks;
    if (!first) return { uncompressed: 0, compressed: 0 };
    if (this.#measuredRows === 0) {
      if (format === 'columnar') this.#measure(first, columnarBytes(relation, first), undefined);
      else this.#encode(format === 'arrow' ? 'batch' : 'file', first);
    }
    const scale = this.#measuredRows === 0 ? 0 : relation.rowCount / this.#measuredRows;
    return {
      uncompressed: Math.round(this.#uncompressedBytes * scale),
      compressed: Math.round(this.#compressedBytes * scale),
    };
  }

  get #encoder(): ArrowEncoder {
    this.#arrow ??= new ArrowEncoder(this.#plan.relation, this.#plan.native);
    return this.#arrow;
  }

  #encode(encoding: Encoding, rows: RowRange): Buffer {
    const key = `${encoding} ${rows.from} ${rows.to}`;
    if (this.#latest?.key === key) return this.#latest.bytes;
    const encoded =
      encoding === 'batch'
        ? this.#encoder.batchMessage(rows.from, rows.to)
        : this.#encoder.stream(rows.from, rows.to);
    const bytes = this.#plan.compressed ? lz4Frame(encoded) : encoded;
    this.#latest = { key, bytes };
    this.#measure(rows, encoded.length, bytes.length);
    return bytes;
  }

  #measure(rows: RowRange, uncompressed: number, compressed = uncompressed): void {
    if (rows.from !== this.#measuredRows) return;
    this.#measuredRows = rows.to;
    this.#uncompressedBytes += uncompressed;
    this.#compressedBytes += compressed;
  }
}
