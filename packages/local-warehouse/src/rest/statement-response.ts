import { isoTime } from '../clock';
import { typeText } from '../engine/types';
import type { Column, DataType } from '../engine/types';
import { storeChunk } from '../results/result-files';
import type { LinkTarget } from '../results/result-files';
import type { ResultPlan } from '../results/result-plan';
import type { Statement, StatementState } from '../statement';

/** Statement states of the Statement Execution API. */
const STATES: Readonly<Record<StatementState, string>> = {
  RUNNING: 'RUNNING',
  FINISHED: 'SUCCEEDED',
  CANCELED: 'CANCELED',
  CLOSED: 'CLOSED',
  ERROR: 'FAILED',
};

/** What the API calls the types that it does not call as SQL does. */
const TYPE_NAMES: Partial<Record<DataType['kind'], string>> = {
  TINYINT: 'BYTE',
  SMALLINT: 'SHORT',
  BIGINT: 'LONG',
  VOID: 'NULL',
  INTERVAL_DAY_TIME: 'INTERVAL',
  INTERVAL_YEAR_MONTH: 'INTERVAL',
};

/** A statement as the API shows it: its status and, once it succeeded, manifest and first chunk. */
export function statementResponse(statement: Statement, links: LinkTarget): object {
  const { plan } = statement;
  const common = { statement_id: statement.id, status: status(statement) };
  if (!plan || statement.state !== 'FINISHED') return common;
  // The chunk comes first: the sizes in the manifest are those of what it encodes.
  const result = plan.chunks.length === 0 ? {} : resultChunk(statement, plan, 0, links);
  return { ...common, manifest: manifest(statement, plan), result };
}

function status(statement: Statement): object {
  const { state, failure, result } = statement;
  return {
    state: statement.isPending ? 'PENDING' : STATES[state],
    ...(result?.modifiedRows === undefined ? {} : { num_modified_rows: result.modifiedRows }),
    ...(failure
      ? {
          error: { error_code: 'BAD_REQUEST', message: failure.message },
          sql_state: failure.sqlState,
          display_message: failure.message,
        }
      : {}),
  };
}

/** The manifest of a statement without rows of its own names no columns. */
function manifest(statement: Statement, plan: ResultPlan): object {
  const columns = statement.isCommand ? [] : plan.relation.columns;
  const { compressed } = statement.encoder(plan).size;
  const bytesPerRow = plan.relation.rowCount === 0 ? 0 : compressed / plan.relation.rowCount;
  const chunks = plan.chunks.map(({ from, to }, index) => ({
    chunk_index: index,
    row_offset: from,
    row_count: to - from,
    byte_count: Math.round(bytesPerRow * (to - from)),
  }));
  return {
    format: 'ARROW_STREAM',
    schema: {
      column_count: columns.length,
      ...(columns.length === 0 ? {} : { columns: columns.map(columnInfo) }),
    },
    total_chunk_count: chunks.length,
    ...(chunks.length === 0 ? {} : { chunks }),
    total_row_count: plan.relation.rowCount,
    total_byte_count: compressed,
    truncated: false,
    ...(plan.compressed ? { result_compression: 'LZ4_FRAME' } : {}),
  };
}

function columnInfo(column: Column, position: number): object {
  const { type } = column;
  return {
    name: column.name,
    type_text: typeText(type),
    type_name: TYPE_NAMES[type.kind] ?? type.kind,
    position,
    ...(type.kind === 'DECIMAL' ? { type_precision: type.precision, type_scale: type.scale } : {}),
  };
}

/** The data from chunk `index` on: one chunk inline, or the links of a page. */
export function resultChunk(
  statement: Statement,
  plan: ResultPlan,
  index: number,
  links: LinkTarget,
): object {
  statement.pagesServed += 1;
  return plan.format === 'cloudfetch'
    ? { external_links: externalLinks(statement, plan, index, links) }
    : attachment(statement, plan, index);
}

function externalLinks(
  statement: Statement,
  plan: ResultPlan,
  index: number,
  links: LinkTarget,
): object[] {
  const first = plan.chunks[index];
  const page = plan.pages.find((chunks) => first && chunks.includes(first)) ?? [];
  return page.slice(first ? page.indexOf(first) : 0).map((chunk) => {
    const chunkIndex = plan.chunks.indexOf(chunk);
    const { url, expiresAt, bytes } = storeChunk(statement, plan, chunk, links);
    return {
      external_link: url,
      expiration: isoTime(expiresAt),
      chunk_index: chunkIndex,
      row_offset: chunk.from,
      row_count: chunk.to - chunk.from,
      byte_count: bytes,
      next_chunk_index: nextChunkIndex(plan, chunkIndex),
    };
  });
}

function attachment(statement: Statement, plan: ResultPlan, index: number): object {
  const chunk = plan.chunks[index] ?? { from: 0, to: 0 };
  const bytes = statement.encoder(plan).file(chunk);
  statement.chunksServed += 1;
  statement.rowsServed += chunk.to - chunk.from;
  statement.bytesServed += bytes.length;
  return {
    chunk_index: index,
    row_offset: chunk.from,
    row_count: chunk.to - chunk.from,
    byte_count: bytes.length,
    attachment: bytes.toString('base64'),
    next_chunk_index: nextChunkIndex(plan, index),
  };
}

/** Left out of the JSON after the last one. */
function nextChunkIndex(plan: ResultPlan, index: number): number | undefined {
  return index + 1 < plan.chunks.length ? index + 1 : undefined;
}
