import type { Attributes } from '@opentelemetry/api';
import type { Operation, ResultSetMetadata, RowSet } from './driver';
import {
  ATTR_DATABRICKS_CLOUDFETCH_COMPRESSED,
  ATTR_DATABRICKS_CLOUDFETCH_FIRST_DURATION,
  ATTR_DATABRICKS_CLOUDFETCH_SLOWEST_DURATION,
  ATTR_DATABRICKS_CLOUDFETCH_TOTAL_DURATION,
  ATTR_DATABRICKS_RESULT_BATCH_COUNT,
  ATTR_DATABRICKS_RESULT_BATCH_DURATION,
  ATTR_DATABRICKS_RESULT_BATCH_SIZE,
  ATTR_DATABRICKS_RESULT_CHUNKS_PRESENT,
  ATTR_DATABRICKS_RESULT_CHUNK_COUNT,
  ATTR_DATABRICKS_RESULT_COMPRESSED,
  ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION,
  ATTR_DATABRICKS_RESULT_FORMAT,
  ATTR_DATABRICKS_RESULT_READY_DURATION,
  ATTR_DATABRICKS_RESULT_ROW_COUNT,
  ATTR_DATABRICKS_RESULT_SIZE,
} from './semconv';
import type { ResultFormat } from './semconv';

/** `TSparkRowSetType`. */
const FORMATS = new Map<unknown, ResultFormat>([
  [0, 'inline_arrow'],
  [1, 'inline_columnar'],
  [3, 'cloudfetch'],
]);

/** What a statement's results came to: plain counters, no object per event. Times are of `performance.now()`. */
export class Totals {
  rowCount = 0;
  private fetchCount = 0;
  private firstRowsMs = 0;
  private lastRowsMs = 0;
  private chunksPresent = 0;
  private downloadsStarted = 0;
  private downloadsSucceeded = 0;
  private batchCount = 0;
  private batchBytes = 0;
  private batchMs = 0;
  /** Rows by chunk index; files that failed or are still on their way have none. */
  private readonly chunkRows: (number | undefined)[] = [];
  private pageBytes = 0;
  private fileBytes = 0;
  private arePageBytesKnown = true;
  private firstDownloadMs: number | undefined = undefined;
  private slowestDownloadMs = 0;
  private totalDownloadMs = 0;

  constructor(private readonly submittedMs: number) {}

  get wasFetched(): boolean {
    return this.fetchCount > 0;
  }

  /** The consumer was given rows, or an empty answer. */
  fetched(rows: number): void {
    this.fetchCount += 1;
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
    this.chunkRows.push(rows);
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

  /** @returns the zero-based index of the chunk: downloads start in the order of the links */
  downloadStarted(): number {
    this.downloadsStarted += 1;
    return this.downloadsStarted - 1;
  }

  downloadSucceeded(index: number, durationMs: number, bytes: number, rows: number): void {
    this.chunkRows[index] = rows;
    this.downloadsSucceeded += 1;
    this.fileBytes += bytes;
    this.totalDownloadMs += durationMs;
    if (index === 0) this.firstDownloadMs = durationMs;
    if (durationMs > this.slowestDownloadMs) this.slowestDownloadMs = durationMs;
  }

  /** The kernel handed a batch over. */
  batchReceived(durationMs: number, bytes: number): void {
    this.batchCount += 1;
    this.batchBytes += bytes;
    this.batchMs += durationMs;
  }

  /** The figures as attributes, as of now; what the driver never learned is left out. */
  attributes(operation: Operation, isKernel: boolean): Attributes {
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
      attributes[ATTR_DATABRICKS_RESULT_READY_DURATION] =
        (this.firstRowsMs - this.submittedMs) / 1000;
      attributes[ATTR_DATABRICKS_RESULT_CONSUMPTION_DURATION] =
        (this.lastRowsMs - this.firstRowsMs) / 1000;
    }
    if (isKernel) this.addBatches(attributes);
    else this.addChunks(attributes, operation);
    if (format === 'cloudfetch') this.addDownloads(attributes, metadata);
    return attributes;
  }

  private addBatches(attributes: Attributes): void {
    if (this.batchCount === 0) return;
    attributes[ATTR_DATABRICKS_RESULT_BATCH_COUNT] = this.batchCount;
    attributes[ATTR_DATABRICKS_RESULT_BATCH_SIZE] = this.batchBytes;
    attributes[ATTR_DATABRICKS_RESULT_BATCH_DURATION] = this.batchMs / 1000;
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
      attributes[ATTR_DATABRICKS_RESULT_SIZE] = this.pageBytes + this.fileBytes;
    }
  }

  /** Those of whose rows the consumer was given some: the driver itself reads ahead. */
  private get chunksConsumed(): number {
    let rowsBefore = 0;
    let consumed = 0;
    for (const rows of this.chunkRows) {
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
    if (this.firstDownloadMs !== undefined) {
      attributes[ATTR_DATABRICKS_CLOUDFETCH_FIRST_DURATION] = this.firstDownloadMs / 1000;
    }
    if (this.downloadsSucceeded > 0) {
      attributes[ATTR_DATABRICKS_CLOUDFETCH_SLOWEST_DURATION] = this.slowestDownloadMs / 1000;
      attributes[ATTR_DATABRICKS_CLOUDFETCH_TOTAL_DURATION] = this.totalDownloadMs / 1000;
    }
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
