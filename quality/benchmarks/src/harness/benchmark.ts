import type { Effort } from './effort';

/** One line of the results: a measured value, what it is held against, and whether it may be believed. */
export interface Figure {
  /** Number of the target in docs/performance.md. */
  readonly row?: number;
  readonly label: string;
  readonly unit: Unit;
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
  readonly target?: number;
  /** The contract's bound. Beyond it, continuous integration fails. */
  readonly gate?: number;
  /** What continuous integration holds the figure to instead, where a measured floor keeps it from the gate. */
  readonly limit?: number;
  readonly better: 'lower' | 'higher';
  /** The quartiles never came within 5 % of the median. */
  readonly tooNoisy: boolean;
  /** Median cost of one unit of work per arm, in nanoseconds unless the benchmark says otherwise. */
  readonly arms?: Readonly<Record<string, number>>;
}

export type Unit = '×' | 'bytes' | 'ns' | 'µs' | 'ms';

/** A benchmark runs in a process of its own, so that no other one has warmed or spoilt its code. */
export interface Benchmark {
  readonly name: string;
  readonly title: string;
  /** Left out of the short form: it has no gate of its own, or takes too long. */
  readonly fullOnly?: boolean;
  /** What `node` needs beyond `--expose-gc`. */
  readonly nodeFlags?: readonly string[];
  run(effort: Effort): Promise<Figure[]>;
}

/** Whether continuous integration lets the figure pass: on a machine that others share, by its better quartile. */
export function isAcceptable(figure: Figure): boolean {
  const median = figure.better === 'lower' ? figure.lower : figure.upper;
  return meets({ ...figure, median }, figure.limit ?? figure.gate);
}

export function meets(figure: Figure, bound: number | undefined): boolean {
  if (bound === undefined) return true;
  return figure.better === 'lower' ? figure.median <= bound : figure.median >= bound;
}
