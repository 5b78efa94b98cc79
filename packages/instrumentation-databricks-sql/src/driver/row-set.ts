import type { RowSet } from './shapes';

/** How many chunks a row set offers, and how many rows of its own it holds. */
export interface RowSetContents {
  /** The links of a list, or one page with rows. */
  readonly chunks: number;
  /** 0 for a list of links, and for the empty page that ends column-based results. */
  readonly rows: number;
}

export function chunksIn(rowSet: RowSet): RowSetContents {
  const links = rowSet.resultLinks?.length ?? 0;
  if (links > 0) return { chunks: links, rows: 0 };
  const rows = rowsOf(rowSet);
  return { chunks: rows > 0 ? 1 : 0, rows };
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
