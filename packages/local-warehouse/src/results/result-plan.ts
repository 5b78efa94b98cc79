import { column, resized, table } from '../engine/relation';
import type { Relation } from '../engine/types';
import type { ResultFormat, StatementScript } from '../script';
import { ALL_NATIVE_TYPES, type ArrowNativeTypes } from './arrow-types';

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

const DEFAULT_ROWS_PER_CHUNK: Readonly<Record<ResultFormat, number>> = {
  columnar: 10_000,
  arrow: 10_000,
  cloudfetch: 50_000,
};
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
  const chunks = cut(relation.rowCount, script, format);
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

function cut(rowCount: number, script: StatementScript, format: ResultFormat): RowRange[] {
  const rowsPerChunk = script.rowsPerChunk ?? DEFAULT_ROWS_PER_CHUNK[format];
  const count = script.chunks ?? Math.ceil(rowCount / rowsPerChunk);
  return Array.from({ length: count }, (_, index) => ({
    from: Math.floor((index * rowCount) / count),
    to: Math.floor(((index + 1) * rowCount) / count),
  }));
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
