import { fit, pad, printable } from './printable';
import { formatDuration } from './span-facts';
import { traceTree } from './trace-tree';
import type { FinishedSpan, TraceTree } from './trace-tree';
import { waterfallRows } from './waterfall-rows';
import type { WaterfallRow } from './waterfall-rows';

/** Options of {@link toText}. */
export interface TextWaterfallOptions {
  /** Columns per line, at least 40. Default 100. */
  readonly width?: number;
  /** Whether to use ANSI colors. Default false. */
  readonly colors?: boolean;
}

const DEFAULT_WIDTH = 100;
const MINIMUM_WIDTH = 40;
const DURATION_WIDTH = 8;
const MAXIMUM_NAME_WIDTH = 34;
const MINIMUM_BAR_WIDTH = 10;
const MAXIMUM_BAR_WIDTH = 40;

const RESET = '\u001b[0m';
const BOLD = '\u001b[1m';
const DIM = '\u001b[2m';
const RED = '\u001b[31m';
const CYAN = '\u001b[36m';

function branch(row: WaterfallRow): string {
  const above = row.lastAt.slice(1, -1).map((last) => (last ? '   ' : '│  '));
  if (row.lastAt.length === 1) return '';
  return `${above.join('')}${row.lastAt.at(-1) ? '└─ ' : '├─ '}`;
}

function bar(row: WaterfallRow, tree: TraceTree, width: number): string {
  const columnsPerMs = tree.durationMs > 0 ? width / tree.durationMs : 0;
  const start = Math.min(width - 1, Math.floor(row.startMs * columnsPerMs));
  const end = Math.min(width, Math.max(start + 1, Math.round(row.endMs * columnsPerMs)));
  return `${' '.repeat(start)}${'█'.repeat(end - start)}${' '.repeat(width - end)}`;
}

function longest(texts: readonly string[]): number {
  return texts.reduce((length, text) => Math.max(length, Array.from(text).length), 0);
}

/** The finished spans of one trace as an aligned tree with bars, one line per row, each ending in a line break. */
export function toText(spans: readonly FinishedSpan[], options: TextWaterfallOptions = {}): string {
  const tree = traceTree(spans);
  const rows = waterfallRows(tree);
  const width = Math.max(MINIMUM_WIDTH, options.width ?? DEFAULT_WIDTH);
  const paint = (text: string, color: string): string =>
    options.colors === true ? `${color}${text}${RESET}` : text;

  const labels = rows.map((row) =>
    printable(`${branch(row)}${row.name}${row.count > 1 ? ` ×${row.count}` : ''}`),
  );
  const nameWidth = Math.min(MAXIMUM_NAME_WIDTH, Math.floor(width * 0.4), longest(labels));
  const facts = rows.map((row) => printable(row.facts.join(' · ')));
  const free = width - nameWidth - DURATION_WIDTH - '▕▏'.length - 3;
  // The bars take the space that the longest facts leave, at least a third.
  const barWidth = Math.min(
    MAXIMUM_BAR_WIDTH,
    Math.max(MINIMUM_BAR_WIDTH, Math.floor(free / 3), free - longest(facts)),
  );
  const factsWidth = free - barWidth;

  let text = '';
  rows.forEach((row, index) => {
    const name = pad(fit(labels[index] ?? '', nameWidth), nameWidth);
    const duration = pad(formatDuration(row.endMs - row.startMs), DURATION_WIDTH, 'right');
    const fact = fit(facts[index] ?? '', factsWidth);
    const line = [
      paint(name, row.lastAt.length === 1 ? BOLD : ''),
      `▕${paint(bar(row, tree, barWidth), row.failed ? RED : CYAN)}▏`,
      duration,
      row.failed ? paint(fact, RED) : paint(fact, DIM),
    ].join(' ');
    text += `${options.colors === true ? line : line.trimEnd()}\n`;
  });
  return text;
}
