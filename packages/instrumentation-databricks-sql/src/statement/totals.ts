import type { Attributes } from '@opentelemetry/api';
import { clock } from '../clock';
import { Downloads } from './downloads';
import { chunksIn } from '../driver/row-set';
import type { RowSet } from '../driver/shapes';
import { KernelBatches } from './kernel-batches';
import {
  ATTR_DATABRICKS_RESULT_CHUNKS_PRESENT,
  ATTR_DATABRICKS_RESULT_CHUNK_COUNT,
  ATTR_DATABRICKS_RESULT_COMPRESSED,
  ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION,
  ATTR_DATABRICKS_RESULT_FORMAT,
  ATTR_DATABRICKS_RESULT_READY_DURATION,
  ATTR_DATABRICKS_RESULT_ROW_COUNT,
  ATTR_DATABRICKS_RESULT_SIZE,
  ATTR_DATABRICKS_RESULT_CACHE_LOOKUP,
  ATTR_DATABRICKS_RESULT_UNCOMPRESSED_SIZE,
} from '../semconv';
import type { CacheLookup, ResultFormat } from '../semconv';

/** What the driver knows of a statement's results besides their contents. */
export interface ResultFacts {
  /** False for statements without results, such as DDL. */
  readonly hasResultSet: boolean;
  /** `undefined` until the driver has the metadata, and on the kernel. */
  readonly format: ResultFormat | undefined;
  /** `undefined` for columnar results, which are never compressed, and where the driver does not know it. */
  readonly isCompressed: boolean | undefined;
  /** Chunks that came with the submit and were not read. */
  readonly unreadChunks: number;
  readonly cacheLookup: CacheLookup | undefined;
  /** Of the whole result, as the server states them. */
  readonly uncompressedBytes: number | undefined;
}

/**
 * What a statement's results amount to: plain counters, no object per event, and no memory for results that never come.
 * Times are those of `performance.now()`.
 */
export class Totals {
  /** What was known of the results when the application last read some. */
  factsRead: ResultFacts | undefined = undefined;
  rowCount = 0;
  wasFetched = false;
  #firstRowsMs = 0;
  #lastRowsMs = 0;
  #chunksPresent = 0;
  /** Rows by chunk index; a download that failed or still runs has no entry. */
  #chunkRows: (number | undefined)[] | undefined = undefined;
  #pageBytes = 0;
  #arePageBytesKnown = true;
  #downloads: Downloads | undefined = undefined;
  #batches: KernelBatches | undefined = undefined;

  /** The application fetched rows, or an empty page. */
  fetched(rows: number): void {
    this.wasFetched = true;
    if (rows === 0) return;
    const nowMs = clock.monotonicMs();
    if (this.rowCount === 0) this.#firstRowsMs = nowMs;
    this.#lastRowsMs = nowMs;
    this.rowCount += rows;
  }

  /** A page or a list of links arrived. */
  received(rowSet: RowSet): void {
    const { chunks, rows } = chunksIn(rowSet);
    this.#chunksPresent += chunks;
    if (rows === 0) return;
    (this.#chunkRows ??= []).push(rows);
    if (rowSet.arrowBatches == null) {
      this.#arePageBytesKnown = false;
      return;
    }
    for (const { batch } of rowSet.arrowBatches) this.#pageBytes += batch?.length ?? 0;
  }

  /** @returns the zero-based index of the chunk */
  downloadStarted(): number {
    return (this.#downloads ??= new Downloads()).started();
  }

  downloadSucceeded(index: number, durationMs: number, bytes: number, rows: number): void {
    (this.#chunkRows ??= [])[index] = rows;
    this.#downloads?.succeeded(index, durationMs, bytes);
  }

  downloadFailed(): void {
    this.#downloads?.failed();
  }

  /** The kernel returned a batch. */
  batchReceived(durationMs: number, bytes: number): void {
    (this.#batches ??= new KernelBatches()).received(durationMs, bytes);
  }

  /** The totals as attributes, as of now. Values that the driver never learned are left out. */
  attributes(facts: ResultFacts, submittedMs: number, isKernel: boolean): Attributes {
    const attributes: Attributes = {};
    if (!this.wasFetched && !facts.hasResultSet) return attributes;
    const { format, isCompressed, cacheLookup, uncompressedBytes } = facts;
    if (format !== undefined) attributes[ATTR_DATABRICKS_RESULT_FORMAT] = format;
    if (isCompressed !== undefined) attributes[ATTR_DATABRICKS_RESULT_COMPRESSED] = isCompressed;
    if (cacheLookup !== undefined) attributes[ATTR_DATABRICKS_RESULT_CACHE_LOOKUP] = cacheLookup;
    if (uncompressedBytes !== undefined) {
      attributes[ATTR_DATABRICKS_RESULT_UNCOMPRESSED_SIZE] = uncompressedBytes;
    }
    attributes[ATTR_DATABRICKS_RESULT_ROW_COUNT] = this.rowCount;
    if (this.rowCount > 0) {
      attributes[ATTR_DATABRICKS_RESULT_READY_DURATION] = (this.#firstRowsMs - submittedMs) / 1000;
      attributes[ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION] =
        (this.#lastRowsMs - this.#firstRowsMs) / 1000;
    }
    if (isKernel) this.#batches?.addTo(attributes);
    else this.#addChunks(attributes, facts);
    if (format === 'cloudfetch') this.#downloads?.addTo(attributes);
    return attributes;
  }

  #addChunks(attributes: Attributes, { unreadChunks }: ResultFacts): void {
    const chunksPresent = this.#chunksPresent + unreadChunks;
    // Rows came in chunks that were not seen.
    const areUnknown = this.rowCount > 0 && this.#chunkRows === undefined;
    if (!areUnknown || chunksPresent > 0) {
      attributes[ATTR_DATABRICKS_RESULT_CHUNKS_PRESENT] = chunksPresent;
    }
    if (areUnknown) return;
    attributes[ATTR_DATABRICKS_RESULT_CHUNK_COUNT] = this.#chunksConsumed;
    if (this.#arePageBytesKnown) {
      attributes[ATTR_DATABRICKS_RESULT_SIZE] = this.#pageBytes + (this.#downloads?.bytes ?? 0);
    }
  }

  /** Chunks of which the application fetched rows. The driver reads ahead, so it may have received more. */
  get #chunksConsumed(): number {
    let rowsBefore = 0;
    let consumed = 0;
    for (const rows of this.#chunkRows ?? []) {
      if (rowsBefore >= this.rowCount) break;
      if (rows !== undefined) consumed += 1;
      rowsBefore += rows ?? 0;
    }
    return consumed;
  }
}

/** Refers to the counters only: a published operation outlives the statement, its span and the driver's objects. */
export function totalsSoFar(
  totals: Totals,
  startMs: number,
  isKernel: boolean,
): () => Attributes | undefined {
  return () => totals.factsRead && totals.attributes(totals.factsRead, startMs, isKernel);
}
