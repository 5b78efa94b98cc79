import { isoTime } from '../clock';
import { type Column, typeText } from '../engine/types';
import { ALL_NATIVE_TYPES } from '../results/arrow-types';
import { ArrowEncoder } from '../results/arrow-encoding';
import { lz4Frame } from '../results/lz4';
import type { ResultPlan } from '../results/result-plan';
import type { Statement, StatementState } from '../statement';
import { type LinkTarget, storeChunk } from '../thrift/result-sets';

/** Statement states of the Statement Execution API. */
const STATES: Readonly<Record<StatementState, string>> = {
  RUNNING: 'RUNNING',
  FINISHED: 'SUCCEEDED',
  CANCELED: 'CANCELED',
  CLOSED: 'CLOSED',
  ERROR: 'FAILED',
};

/** A statement as the API shows it: its status and, once it succeeded, manifest and first chunk. */
export function statementResponse(statement: Statement, links: LinkTarget): object {
  const { plan } = statement;
  return {
    statement_id: statement.id,
    status: status(statement),
    ...(plan && statement.state === 'FINISHED'
      ? { manifest: manifest(plan), result: resultChunk(statement, plan, 0, links) }
      : {}),
  };
}

function status({ state, failure, result }: Statement): object {
  return {
    state: STATES[state],
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

function manifest(plan: ResultPlan): object {
  return {
    format: 'ARROW_STREAM',
    schema: {
      column_count: plan.relation.columns.length,
      columns: plan.relation.columns.map(columnInfo),
    },
    total_chunk_count: plan.chunks.length,
    chunks: plan.chunks.map((chunk, index) => ({
      chunk_index: index,
      row_offset: chunk.from,
      row_count: chunk.to - chunk.from,
    })),
    total_row_count: plan.relation.rowCount,
    truncated: false,
    ...(plan.compressed ? { result_compression: 'LZ4_FRAME' } : {}),
  };
}

function columnInfo(column: Column, position: number): object {
  const { type } = column;
  return {
    name: column.name,
    type_text: typeText(type),
    type_name: type.kind === 'VOID' ? 'NULL' : type.kind,
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
  const encoder = new ArrowEncoder(plan.relation, ALL_NATIVE_TYPES);
  const first = plan.chunks[index];
  const page = plan.pages.find((chunks) => first && chunks.includes(first)) ?? [];
  return page.slice(first ? page.indexOf(first) : 0).map((chunk) => {
    const chunkIndex = plan.chunks.indexOf(chunk);
    const { url, expiresAt, bytes } = storeChunk(statement, plan, chunk, encoder, links);
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
  const stream = new ArrowEncoder(plan.relation, ALL_NATIVE_TYPES).stream(chunk.from, chunk.to);
  const bytes = plan.compressed ? lz4Frame(stream) : stream;
  statement.chunksServed += 1;
  statement.rowsServed += chunk.to - chunk.from;
  statement.bytesServed += bytes.length;
  return {
    chunk_index: index,
    row_offset: chunk.from,
    row_count: chunk.to - chunk.from,
    attachment: bytes.toString('base64'),
    next_chunk_index: nextChunkIndex(plan, index),
  };
}

/** Left out of the JSON after the last one. */
function nextChunkIndex(plan: ResultPlan, index: number): number | undefined {
  return index + 1 < plan.chunks.length ? index + 1 : undefined;
}
