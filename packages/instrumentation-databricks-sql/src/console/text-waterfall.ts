import { bars } from './bars';
import { cellWidth, fit, pad } from './cell-width';
import { printable } from './printable';
import { formatDuration } from './span-facts';
import { timeAxis } from './time-axis';
import { traceTree } from './trace-tree';
import type { FinishedSpan } from './trace-tree';
import { waterfallRows } from './waterfall-rows';
import type { Overrun, WaterfallRow } from './waterfall-rows';

/** Options of {@link toText}. */
export interface TextWaterfallOptions {
  /** Cells per line, at least 40: wide characters take two. Default 100. */
  readonly width?: number;
  /** Whether to use ANSI colors. Default false. */
  readonly colors?: boolean;
}

const DEFAULT_WIDTH = 100;
const MINIMUM_WIDTH = 40;
const MAXIMUM_WIDTH = 1000;
const DURATION_WIDTH = 8;
const MINIMUM_BAR_WIDTH = 20;
/** Spaces between the four columns, and the two edges of the bars. */
const BETWEEN_COLUMNS = 3 + 2;
/** The most that names and facts take of what is left, so that bars grow with the terminal. */
const NAME_SHARE = 0.4;
const FACTS_SHARE = 0.6;

const RESET = '\u001b[0m';
const BOLD = '\u001b[1m';
const DIM = '\u001b[2m';
const RED = '\u001b[31m';
const CYAN = '\u001b[36m';

const OVERRUN_MARKS: Readonly<Record<Overrun, string>> = { statement: '→', parent: '⇢' };
const OVERRUN_NOTES: Readonly<Record<Overrun, string>> = {
  statement:
    'A statement ends when the warehouse has finished it; fetching, downloading and closing follow.',
  parent: 'This call ended after the one that started it.',
};

interface Columns {
  readonly name: number;
  readonly bar: number;
  readonly facts: number;
}

function branch(row: WaterfallRow): string {
  if (row.lastAt.length === 1) return '';
  const above = row.lastAt.slice(1, -1).map((last) => (last ? '   ' : '│  '));
  const isLast = row.lastAt.at(-1) === true;
  if (row.name === '') return `${above.join('')}${isLast ? '' : '│'}`;
  return `${above.join('')}${isLast ? '└─ ' : '├─ '}`;
}

function factsOf(row: WaterfallRow): string {
  const mark = row.overrun === undefined ? [] : [OVERRUN_MARKS[row.overrun]];
  return printable([...mark, row.facts.join(' · ')].join(' ').trim());
}

function longest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, cellWidth(text)), 0);
}

/** Names and facts get what they need within their shares, the bars all the rest. */
function columns(width: number, names: readonly string[], facts: readonly string[]): Columns {
  const free = width - DURATION_WIDTH - BETWEEN_COLUMNS - MINIMUM_BAR_WIDTH;
  const name = Math.min(longest(names), Math.max(free, 0), Math.floor(width * NAME_SHARE));
  const left = free - name;
  const most = Math.floor((left + MINIMUM_BAR_WIDTH) * FACTS_SHARE);
  const fact = Math.max(0, Math.min(longest(facts), left, most));
  return { name, facts: fact, bar: left - fact + MINIMUM_BAR_WIDTH };
}

/** `text` in lines of at most `width` cells, broken at spaces. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || cellWidth(last) + 1 + cellWidth(word) > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/**
 * The finished spans of one trace as an aligned tree with bars above a time axis, one line per row, each ending in a
 * line break. Parallel siblings of one name share a row with a line per lane.
 */
export function toText(spans: readonly FinishedSpan[], options: TextWaterfallOptions = {}): string {
  const tree = traceTree(spans);
  const rows = waterfallRows(tree);
  if (rows.length === 0) return '';
  const width = Math.min(
    MAXIMUM_WIDTH,
    Math.max(MINIMUM_WIDTH, Math.floor(options.width ?? DEFAULT_WIDTH)),
  );
  const colors = options.colors === true;
  const paint = (text: string, color: string): string =>
    colors && text !== '' && color !== '' ? `${color}${text}${RESET}` : text;

  const names = rows.map((row) => printable(`${branch(row)}${row.name}`));
  const facts = rows.map(factsOf);
  const column = columns(width, names, facts);
  const lines: string[] = [];
  rows.forEach((row, index) => {
    const cells = bars(row.segments, tree.durationMs, column.bar)
      .map(({ text, style }) =>
        style === 'none' ? text : paint(text, style === 'failed' ? RED : CYAN),
      )
      .join('');
    const duration = row.durationMs === undefined ? '' : formatDuration(row.durationMs);
    lines.push(
      [
        paint(
          pad(fit(names[index] ?? '', column.name), column.name),
          row.lastAt.length === 1 ? BOLD : '',
        ),
        `▕${cells}▏`,
        pad(duration, DURATION_WIDTH, 'right'),
        paint(fit(facts[index] ?? '', column.facts), row.failed ? RED : DIM),
      ].join(' '),
    );
  });
  lines.push(
    ' '.repeat(column.name + 2) + paint(timeAxis(tree.durationMs, column.bar).trimEnd(), DIM),
  );
  for (const kind of ['statement', 'parent'] as const) {
    if (!rows.some((row) => row.overrun === kind)) continue;
    const [first = '', ...rest] = wrapped(OVERRUN_NOTES[kind], width - 2);
    lines.push(
      paint(`${OVERRUN_MARKS[kind]} ${first}`, DIM),
      ...rest.map((line) => paint(`  ${line}`, DIM)),
    );
  }
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
