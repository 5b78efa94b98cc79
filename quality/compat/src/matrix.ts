import type { CompatCell } from './axes';

export type Verdict = 'pass' | 'fail' | 'skip';

export interface CellResult {
  readonly cell: CompatCell;
  readonly verdict: Verdict;
  /** What was wrong, or why the cell was not run. */
  readonly remarks: readonly string[];
  readonly durationMs: number;
}

const COLUMNS: readonly (readonly [axis: keyof CompatCell, title: string, width: number])[] = [
  ['sdk', 'SDK', 5],
  ['node', 'Node', 5],
  ['app', 'app', 13],
  ['driver', 'driver', 8],
  ['beside', 'beside', 12],
];
const SYMBOLS: Readonly<Record<Verdict, string>> = { pass: '✔', fail: '✘', skip: '-' };

export function matrixHeader(): string {
  return `    ${COLUMNS.map(([, title, width]) => title.padEnd(width)).join('')}seconds`;
}

/** One line of the matrix, and one below it for each remark. */
export function matrixLines({ cell, verdict, remarks, durationMs }: CellResult): string {
  const values = COLUMNS.map(([axis, , width]) => cell[axis].padEnd(width)).join('');
  const seconds = (durationMs / 1000).toFixed(1).padStart(7);
  return [
    `  ${SYMBOLS[verdict]} ${values}${seconds}`,
    ...remarks.map((text) => `      ${text}`),
  ].join('\n');
}
