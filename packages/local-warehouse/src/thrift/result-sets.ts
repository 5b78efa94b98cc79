import types from '@databricks/sql/thrift/TCLIService_types';
import type {
  TFetchResultsResp,
  TGetResultSetMetadataResp,
  TRowSet,
} from '@databricks/sql/thrift/TCLIService_types';
import type { ResultFormat } from '../script';
import { storeChunk } from '../results/result-files';
import type { LinkTarget } from '../results/result-files';
import type { ResultPlan, RowRange } from '../results/result-plan';
import type { Statement } from '../statement';
import { columnarRows } from './columnar-encoding';
import { int64 } from './int64';
import { success } from './status';
import { tableSchema } from './table-schema';

const ROW_SET_TYPES: Readonly<Record<ResultFormat, number>> = {
  columnar: types.TSparkRowSetType.COLUMN_BASED_SET,
  arrow: types.TSparkRowSetType.ARROW_BASED_SET,
  cloudfetch: types.TSparkRowSetType.URL_BASED_SET,
};

/** As the service answers it: metadata calls have neither sizes nor anything to say about compression. */
export function resultSetMetadata(
  statement: Statement,
  plan: ResultPlan,
): TGetResultSetMetadataResp {
  const schema = tableSchema(plan.relation.columns);
  const resultFormat = ROW_SET_TYPES[plan.format];
  if (statement.sql === undefined) {
    return new types.TGetResultSetMetadataResp({ status: success(), schema, resultFormat });
  }
  const encoder = statement.encoder(plan);
  const { uncompressed, compressed } = encoder.size;
  return new types.TGetResultSetMetadataResp({
    status: success(),
    schema,
    resultFormat,
    lz4Compressed: plan.compressed,
    ...(plan.format === 'columnar' ? {} : { arrowSchema: encoder.schemaMessage }),
    cacheLookupResult: types.TCacheLookupResult.CACHE_INELIGIBLE,
    uncompressedBytes: int64(uncompressed),
    compressedBytes: int64(compressed),
    isStagingOperation: statement.isStaging,
  });
}

/** The answer while a statement still runs: driver 1.9 asks before it waits, and reads the format out of it. */
export function pendingMetadata(): TGetResultSetMetadataResp {
  return new types.TGetResultSetMetadataResp({
    status: success(),
    schema: new types.TTableSchema({ columns: [] }),
    resultFormat: types.TSparkRowSetType.COLUMN_BASED_SET,
    lz4Compressed: false,
  });
}

/** The next answer with result data, from the statement's cursor on; an empty one after the end. */
export function nextPage(
  statement: Statement,
  plan: ResultPlan,
  maxRows: number,
  links: LinkTarget,
): TFetchResultsResp {
  statement.pagesServed += 1;
  return plan.format === 'cloudfetch'
    ? linkPage(statement, plan, links)
    : inlinePage(statement, plan, maxRows);
}

function fetched(results: TRowSet, hasMoreRows: boolean): TFetchResultsResp {
  return new types.TFetchResultsResp({ status: success(), hasMoreRows, results });
}

function rowSet(startRowOffset: number, rest: Partial<TRowSet>): TRowSet {
  return new types.TRowSet({ startRowOffset: int64(startRowOffset), rows: [], ...rest });
}

function inlinePage(statement: Statement, plan: ResultPlan, maxRows: number): TFetchResultsResp {
  const { relation, pages } = plan;
  const from = statement.cursor;
  const pageEnd = pages.find((page) => (page.at(-1)?.to ?? 0) > from)?.at(-1)?.to ?? from;
  const to = Math.min(pageEnd, from + maxRows);
  statement.cursor = to;
  statement.rowsServed += to - from;
  const hasMoreRows = to < relation.rowCount;
  if (plan.format === 'columnar') {
    if (to > from) statement.chunksServed += 1;
    return fetched(rowSet(from, { columns: columnarRows(relation, from, to) }), hasMoreRows);
  }
  const encoder = statement.encoder(plan);
  const arrowBatches = chunksWithin(plan.chunks, from, to).map((chunk) => {
    const batch = encoder.batch(chunk);
    statement.chunksServed += 1;
    statement.bytesServed += batch.length;
    return new types.TSparkArrowBatch({ batch, rowCount: int64(chunk.to - chunk.from) });
  });
  return fetched(rowSet(from, { arrowBatches }), hasMoreRows);
}

/** The chunks, or the parts of them, that lie in the range. */
function chunksWithin(chunks: readonly RowRange[], from: number, to: number): RowRange[] {
  return chunks
    .map((chunk) => ({ from: Math.max(chunk.from, from), to: Math.min(chunk.to, to) }))
    .filter((chunk) => chunk.to > chunk.from);
}

function linkPage(statement: Statement, plan: ResultPlan, target: LinkTarget): TFetchResultsResp {
  const page = plan.pages[statement.cursor] ?? [];
  if (page.length > 0) statement.cursor += 1;
  const resultLinks = page.map((chunk) => resultLink(statement, plan, chunk, target));
  const hasMoreRows = statement.cursor < plan.pages.length;
  return fetched(rowSet(page[0]?.from ?? plan.relation.rowCount, { resultLinks }), hasMoreRows);
}

function resultLink(statement: Statement, plan: ResultPlan, chunk: RowRange, target: LinkTarget) {
  const { url, expiresAt, bytes } = storeChunk(statement, plan, chunk, target);
  return new types.TSparkArrowResultLink({
    fileLink: url,
    expiryTime: int64(expiresAt),
    startRowOffset: int64(chunk.from),
    rowCount: int64(chunk.to - chunk.from),
    bytesNum: int64(bytes),
  });
}
