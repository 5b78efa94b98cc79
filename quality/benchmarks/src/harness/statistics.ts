/** Median and quartiles of a sample. */
export interface Quartiles {
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

function quantile(sorted: readonly number[], fraction: number): number {
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

export function quartiles(values: readonly number[]): Quartiles {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    lower: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    upper: quantile(sorted, 0.75),
  };
}

/** How far the quartiles may lie from the median before a figure counts as too noisy, as a fraction of it. */
export const STEADY_WITHIN = 0.05;

export function isSteady({ lower, median, upper }: Quartiles): boolean {
  const room = Math.abs(median) * STEADY_WITHIN;
  return median - lower <= room && upper - median <= room;
}
