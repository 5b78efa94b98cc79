import types, {
  type TFetchResultsResp,
  type TGetResultSetMetadataResp,
  type TRowSet,
} from '@databricks/sql/thrift/TCLIService_types';
import type { ResultFormat } from '../script';
import { ArrowEncoder } from '../results/arrow-encoding';
import { lz4Frame } from '../results/lz4';
import type { ResultPlan, RowRange } from '../results/result-plan';
import type { Statement } from '../statement';
import type { ResultStorage } from '../storage/result-storage';
import { columnarRows } from './columnar-encoding';
import { int64 } from './int64';
import { success } from './status';
import { tableSchema } from './table-schema';

const DEFAULT_LINK_LIFETIME_MS = 15 * 60 * 1000;
const REFUSED_STATUS = 403;

const ROW_SET_TYPES: Readonly<Record<ResultFormat, number>> = {
  columnar: types.TSparkRowSetType.COLUMN_BASED_SET,
  arrow: types.TSparkRowSetType.ARROW_BASED_SET,
  cloudfetch: types.TSparkRowSetType.URL_BASED_SET,
};

/** Where the links of a CloudFetch result point to. */
export interface LinkTarget {
  readonly storage: ResultStorage;
  /** `https://host[:port]`. */
  readonly origin: string;
}

export function resultSetMetadata({ plan, isStaging }: Statement): TGetResultSetMetadataResp {
  if (!plan) {
    return new types.TGetResultSetMetadataResp({
      status: success(),
      schema: new types.TTableSchema({ columns: [] }),
      resultFormat: types.TSparkRowSetType.COLUMN_BASED_SET,
      lz4Compressed: false,
    });
  }
  const encoder = new ArrowEncoder(plan.relation, plan.native);
  return new types.TGetResultSetMetadataResp({
    status: success(),
    schema: tableSchema(plan.relation.columns),
    resultFormat: ROW_SET_TYPES[plan.format],
    lz4Compressed: plan.compressed,
    isStagingOperation: isStaging,
    ...(plan.format === 'columnar' ? {} : { arrowSchema: encoder.schemaMessage }),
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
  const encoder = new ArrowEncoder(relation, plan.native);
  const arrowBatches = chunksWithin(plan.chunks, from, to).map((chunk) => {
    const message = encoder.batchMessage(chunk.from, chunk.to);
    const batch = plan.compressed ? lz4Frame(message) : message;
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
  const encoder = new ArrowEncoder(plan.relation, plan.native);
  const resultLinks = page.map((chunk) => resultLink(statement, plan, chunk, encoder, target));
  const hasMoreRows = statement.cursor < plan.pages.length;
  return fetched(rowSet(page[0]?.from ?? plan.relation.rowCount, { resultLinks }), hasMoreRows);
}

function resultLink(
  statement: Statement,
  plan: ResultPlan,
  chunk: RowRange,
  encoder: ArrowEncoder,
  target: LinkTarget,
) {
  const { url, expiresAt, bytes } = storeChunk(statement, plan, chunk, encoder, target);
  return new types.TSparkArrowResultLink({
    fileLink: url,
    expiryTime: int64(expiresAt),
    startRowOffset: int64(chunk.from),
    rowCount: int64(chunk.to - chunk.from),
    bytesNum: int64(bytes),
  });
}

/** Puts one chunk into the storage as a file of its own. */
export function storeChunk(
  statement: Statement,
  plan: ResultPlan,
  chunk: RowRange,
  encoder: ArrowEncoder,
  { storage, origin }: LinkTarget,
): { url: string; expiresAt: number; bytes: number } {
  const { script } = statement;
  const index = plan.chunks.indexOf(chunk);
  const stream = encoder.stream(chunk.from, chunk.to);
  const bytes = plan.compressed ? lz4Frame(stream) : stream;
  const { error } = script;
  const failure =
    error?.at === 'download' && (error.index ?? 0) === index
      ? (error.download ?? REFUSED_STATUS)
      : undefined;
  const lifetimeMs =
    failure === 'expired' ? 0 : (script.linkLifetimeMs ?? DEFAULT_LINK_LIFETIME_MS);
  const link = storage.put(
    origin,
    `chunk-${String(index).padStart(5, '0')}.arrow${plan.compressed ? '.lz4' : ''}`,
    {
      bytes,
      statementId: statement.id,
      delayMs: script.downloadDelayMs ?? 0,
      failureStatus: typeof failure === 'number' ? failure : undefined,
      onServed: () => {
        statement.chunksServed += 1;
        statement.bytesServed += bytes.length;
        statement.rowsServed += chunk.to - chunk.from;
      },
    },
    lifetimeMs,
  );
  return { ...link, bytes: bytes.length };
}
