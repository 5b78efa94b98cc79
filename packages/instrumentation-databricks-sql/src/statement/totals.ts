import type { Attributes } from '@opentelemetry/api';
import { Downloads } from './downloads';
import type { Operation, ResultSetMetadata, RowSet } from '../driver/shapes';
import { KernelBatches } from './kernel-batches';
import {
  ATTR_DATABRICKS_CLOUDFETCH_COMPRESSED,
  ATTR_DATABRICKS_RESULT_CHUNKS_PRESENT,
  ATTR_DATABRICKS_RESULT_CHUNK_COUNT,
  ATTR_DATABRICKS_RESULT_COMPRESSED,
  ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION,
  ATTR_DATABRICKS_RESULT_FORMAT,
  ATTR_DATABRICKS_RESULT_READY_DURATION,
  ATTR_DATABRICKS_RESULT_ROW_COUNT,
  ATTR_DATABRICKS_RESULT_SIZE,
} from '../semconv';
import type { ResultFormat } from '../semconv';

/** `TSparkRowSetType`. */
const FORMATS = new Map<unknown, ResultFormat>([
  [0, 'inline_arrow'],
  [1, 'inline_columnar'],
  [3, 'cloudfetch'],
]);

/**
 * What a statement's results came to: plain counters, no object per event, and no room for what it has none of. Times
 * are of `performance.now()`.
 */
export class Totals {
  rowCount = 0;
  wasFetched = false;
  private firstRowsMs = 0;
  private lastRowsMs = 0;
  private chunksPresent = 0;
  /** Rows by chunk index; files that failed or are still on their way have none. */
  private chunkRows: (number | undefined)[] | undefined = undefined;
  private pageBytes = 0;
  private arePageBytesKnown = true;
  private downloads: Downloads | undefined = undefined;
  private batches: KernelBatches | undefined = undefined;

  /** The consumer was given rows, or an empty answer. */
  fetched(rows: number): void {
    this.wasFetched = true;
    if (rows === 0) return;
    const nowMs = performance.now();
    if (this.rowCount === 0) this.firstRowsMs = nowMs;
    this.lastRowsMs = nowMs;
    this.rowCount += rows;
  }

  /** A page or a list of links arrived. */
  received(rowSet: RowSet): void {
    const rows = this.offered(rowSet);
    if (rows === 0) return;
    (this.chunkRows ??= []).push(rows);
    if (rowSet.arrowBatches == null) {
      this.arePageBytesKnown = false;
      return;
    }
    for (const { batch } of rowSet.arrowBatches) this.pageBytes += batch?.length ?? 0;
  }

  /** @returns the rows of a page */
  private offered(rowSet: RowSet): number {
    const { links, rows } = contentsOf(rowSet);
    this.chunksPresent += rows > 0 ? 1 : links;
    return rows;
  }

  /** @returns the zero-based index of the chunk */
  downloadStarted(): number {
    return (this.downloads ??= new Downloads()).started();
  }

  downloadSucceeded(index: number, durationMs: number, bytes: number, rows: number): void {
    (this.chunkRows ??= [])[index] = rows;
    this.downloads?.succeeded(index, durationMs, bytes);
  }

  /** The kernel handed a batch over. */
  batchReceived(durationMs: number, bytes: number): void {
    (this.batches ??= new KernelBatches()).received(durationMs, bytes);
  }

  /** The figures as attributes, as of now; what the driver never learned is left out. */
  attributes(operation: Operation, submittedMs: number, isKernel: boolean): Attributes {
    const attributes: Attributes = {};
    if (!this.wasFetched && !hasResultSet(operation)) return attributes;
    const metadata = operation.backend?.metadata ?? operation.metadata;
    const format = resultFormat(metadata, isKernel);
    if (format !== undefined) attributes[ATTR_DATABRICKS_RESULT_FORMAT] = format;
    if (format !== 'inline_columnar' && !isKernel && typeof metadata?.lz4Compressed === 'boolean') {
      attributes[ATTR_DATABRICKS_RESULT_COMPRESSED] = metadata.lz4Compressed;
    }
    attributes[ATTR_DATABRICKS_RESULT_ROW_COUNT] = this.rowCount;
    if (this.rowCount > 0) {
      attributes[ATTR_DATABRICKS_RESULT_READY_DURATION] = (this.firstRowsMs - submittedMs) / 1000;
      attributes[ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION] =
        (this.lastRowsMs - this.firstRowsMs) / 1000;
    }
    if (isKernel) this.batches?.addTo(attributes);
    else this.addChunks(attributes, operation);
    if (format === 'cloudfetch') this.addDownloads(attributes, metadata);
    return attributes;
  }

  private addChunks(attributes: Attributes, operation: Operation): void {
    let { chunksPresent } = this;
    // Row sets that came with the submit and were never asked for were offered all the same.
    for (const { results } of operation._data?.prefetchedResults ?? []) {
      if (results == null) continue;
      const { links, rows } = contentsOf(results);
      chunksPresent += rows > 0 ? 1 : links;
    }
    attributes[ATTR_DATABRICKS_RESULT_CHUNKS_PRESENT] = chunksPresent;
    attributes[ATTR_DATABRICKS_RESULT_CHUNK_COUNT] = this.chunksConsumed;
    if (this.arePageBytesKnown) {
      attributes[ATTR_DATABRICKS_RESULT_SIZE] = this.pageBytes + (this.downloads?.bytes ?? 0);
    }
  }

  /** Those of whose rows the consumer was given some: the driver itself reads ahead. */
  private get chunksConsumed(): number {
    let rowsBefore = 0;
    let consumed = 0;
    for (const rows of this.chunkRows ?? []) {
      if (rowsBefore >= this.rowCount) break;
      if (rows !== undefined) consumed += 1;
      rowsBefore += rows ?? 0;
    }
    return consumed;
  }

  private addDownloads(attributes: Attributes, metadata: ResultSetMetadata | undefined): void {
    if (typeof metadata?.lz4Compressed === 'boolean') {
      attributes[ATTR_DATABRICKS_CLOUDFETCH_COMPRESSED] = metadata.lz4Compressed;
    }
    this.downloads?.addTo(attributes);
  }
}

/** How the results come, once the driver has their metadata. The kernel calls all of them Arrow, files too. */
export function resultFormat(
  metadata: ResultSetMetadata | undefined,
  isKernel: boolean,
): ResultFormat | undefined {
  return isKernel ? undefined : FORMATS.get(metadata?.resultFormat);
}

function hasResultSet(operation: Operation): boolean {
  const handle = operation.backend?.operationHandle ?? operation.operationHandle;
  return handle === undefined || handle.hasResultSet === true;
}

/** Links, or the rows of a page; an empty page, with which column-based results end, is no chunk. */
function contentsOf(rowSet: RowSet): { readonly links: number; readonly rows: number } {
  const links = rowSet.resultLinks?.length ?? 0;
  return { links, rows: links > 0 ? 0 : rowsOf(rowSet) };
}

function rowsOf({ arrowBatches, columns }: RowSet): number {
  if (arrowBatches != null) {
    return arrowBatches.reduce((rows, { rowCount }) => rows + (rowCount?.toNumber(true) ?? 0), 0);
  }
  const [column] = columns ?? [];
  if (column === undefined) return 0;
  for (const vector of Object.values(column)) {
    if (vector != null) return vector.values?.length ?? 0;
  }
  return 0;
}
