import { column, resized, table } from '../engine/relation';
import type { Relation } from '../engine/types';
import type { ResultFormat, StatementScript } from '../script';
import { columnarBytes } from './text';
import { ALL_NATIVE_TYPES } from './arrow-types';
import type { ArrowNativeTypes } from './arrow-types';

/** Rows `from` (inclusive) to `to` (exclusive). */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** What the client said it can read. */
export interface ClientCapabilities {
  readonly arrow: boolean;
  readonly download: boolean;
  readonly lz4: boolean;
  readonly native: ArrowNativeTypes;
  /** Whether inline results come in one chunk, as on the Statement Execution API, unless a script says otherwise. */
  readonly inlineAsOne?: boolean;
}

export const COLUMNAR_ONLY: ClientCapabilities = {
  arrow: false,
  download: false,
  lz4: false,
  native: ALL_NATIVE_TYPES,
};

/** How a result is cut up and sent. */
export interface ResultPlan {
  readonly relation: Relation;
  readonly format: ResultFormat;
  readonly compressed: boolean;
  readonly native: ArrowNativeTypes;
  readonly chunks: readonly RowRange[];
  /** The chunks of each answer. */
  readonly pages: readonly (readonly RowRange[])[];
}

/** What a statement without rows of its own, such as DDL, answers with: a column and no rows. */
export const COMMAND_RESULT: Relation = table([column('Result', 'STRING')], []);

/** Rows of a record batch, as the service makes them. */
const BATCH_ROWS = 4096;
const COLUMNAR_ROWS = 10_000;
/** The service ends a file with the record batch that reaches this size. */
const FILE_BYTES = 20 * 1024 * 1024;
const REPEATED_ROWS_PER_CHUNK = 100;
const LINKS_PER_PAGE = 10;

export function planResult(
  result: Relation,
  script: StatementScript,
  capabilities: ClientCapabilities,
  cloudFetchMinRows: number,
): ResultPlan {
  const relation = sized(result, script);
  const format = chooseFormat(relation, script, capabilities, cloudFetchMinRows);
  const chunks = cut(relation, script, format, capabilities.inlineAsOne === true);
  return {
    relation,
    format,
    compressed: format !== 'columnar' && (script.compressed ?? capabilities.lz4),
    native: capabilities.native,
    chunks,
    pages: paginate(chunks, script.pages ?? defaultPages(chunks, format)),
  };
}

function sized(result: Relation, { rows, chunks = 0, rowsPerChunk }: StatementScript): Relation {
  if (rows !== undefined) return resized(result, rows);
  if (chunks > result.rowCount) {
    return resized(result, chunks * (rowsPerChunk ?? REPEATED_ROWS_PER_CHUNK));
  }
  return result;
}

function chooseFormat(
  relation: Relation,
  script: StatementScript,
  capabilities: ClientCapabilities,
  cloudFetchMinRows: number,
): ResultFormat {
  const wanted = script.format ?? (relation.rowCount >= cloudFetchMinRows ? 'cloudfetch' : 'arrow');
  if (wanted === 'cloudfetch' && capabilities.download) return 'cloudfetch';
  return wanted !== 'columnar' && capabilities.arrow ? 'arrow' : 'columnar';
}

/** Chunks of the scripted number or size; by default those that the service would make. */
function cut(
  relation: Relation,
  script: StatementScript,
  format: ResultFormat,
  inlineAsOne: boolean,
): RowRange[] {
  const { rowCount } = relation;
  if (script.chunks === undefined && script.rowsPerChunk === undefined) {
    if (inlineAsOne && format !== 'cloudfetch') return fullChunks(rowCount, Math.max(1, rowCount));
    return fullChunks(rowCount, defaultRowsPerChunk(relation, format));
  }
  const count = script.chunks ?? Math.ceil(rowCount / (script.rowsPerChunk ?? rowCount));
  return Array.from({ length: count }, (_, index) => ({
    from: Math.floor((index * rowCount) / count),
    to: Math.floor(((index + 1) * rowCount) / count),
  }));
}

/** Every chunk but the last is full. */
function fullChunks(rowCount: number, rowsPerChunk: number): RowRange[] {
  return Array.from({ length: Math.ceil(rowCount / rowsPerChunk) }, (_, index) => ({
    from: index * rowsPerChunk,
    to: Math.min(rowCount, (index + 1) * rowsPerChunk),
  }));
}

function defaultRowsPerChunk(relation: Relation, format: ResultFormat): number {
  if (format === 'columnar') return COLUMNAR_ROWS;
  if (format === 'arrow') return BATCH_ROWS;
  const sample = { from: 0, to: Math.min(BATCH_ROWS, relation.rowCount) };
  const bytesPerBatch = (columnarBytes(relation, sample) * BATCH_ROWS) / Math.max(1, sample.to);
  return BATCH_ROWS * Math.max(1, Math.ceil(FILE_BYTES / Math.max(1, bytesPerBatch)));
}

function defaultPages(chunks: readonly RowRange[], format: ResultFormat): number {
  switch (format) {
    case 'cloudfetch':
      return Math.ceil(chunks.length / LINKS_PER_PAGE);
    case 'columnar':
      return chunks.length;
    default:
      return 1;
  }
}

function paginate(chunks: readonly RowRange[], pages: number): (readonly RowRange[])[] {
  return Array.from({ length: pages }, (_, index) =>
    chunks.slice(
      Math.floor((index * chunks.length) / pages),
      Math.floor(((index + 1) * chunks.length) / pages),
    ),
  );
}
