import { meets } from './benchmark';
import type { Benchmark, Figure } from './benchmark';
import { short } from './chart';

/** What `benchmarks/results/latest.json` holds of one benchmark. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly figures: readonly Figure[];
}

const HEADINGS = [
  '#',
  'what',
  'median',
  'quartiles',
  'target',
  '',
  'gate',
  'limit',
  'per unit',
] as const;

function duration(ns: number): string {
  return ns < 1e3
    ? `${short(ns)} ns`
    : ns < 1e6
      ? `${short(ns / 1e3)} µs`
      : `${short(ns / 1e6)} ms`;
}

function bound(figure: Figure, value: number | undefined): string {
  return value === undefined ? '' : `${figure.better === 'lower' ? '≤' : '≥'} ${short(value)}`;
}

function mark(figure: Figure): string {
  return figure.target === undefined ? '' : meets(figure, figure.target) ? '✔' : '✘';
}

function cells(figure: Figure): string[] {
  return [
    figure.row === undefined ? '' : String(figure.row),
    figure.label,
    `${short(figure.median)} ${figure.unit}`,
    figure.lower === figure.upper
      ? ''
      : `${short(figure.lower)} – ${short(figure.upper)}${figure.tooNoisy ? ' (too noisy)' : ''}`,
    bound(figure, figure.target),
    mark(figure),
    bound(figure, figure.gate),
    bound(figure, figure.limit),
    Object.entries(figure.arms ?? {})
      .map(([arm, ns]) => `${arm} ${duration(ns)}`)
      .join(', '),
  ];
}

export function heading(benchmark: Pick<Benchmark, 'name' | 'title'>): string {
  return `\n${benchmark.name}: ${benchmark.title}`;
}

/** The figures as aligned columns. */
export function terminalTable(figures: readonly Figure[]): string {
  const rows = [[...HEADINGS], ...figures.map(cells)];
  const widths = HEADINGS.map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
    )
    .join('\n');
}

function line(row: readonly string[]): string {
  return `| ${row.join(' | ')} |`;
}

/** The figures as a Markdown table. */
export function markdownTable(figures: readonly Figure[]): string {
  return [
    line(HEADINGS),
    line(HEADINGS.map(() => '---')),
    ...figures.map((f) => line(cells(f))),
  ].join('\n');
}
