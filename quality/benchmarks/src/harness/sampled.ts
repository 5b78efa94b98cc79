import type { Figure, Unit } from './benchmark';
import { isSteady, quartiles } from './statistics';

/** A line of the results from values that were measured one by one. */
export function sampled(label: string, unit: Unit, values: readonly number[]): Figure {
  const spread = quartiles(values);
  return { label, unit, better: 'lower', ...spread, tooNoisy: !isSteady(spread) };
}

/** The same from two series, round by round. */
export function sampledRatio(
  label: string,
  values: readonly number[],
  references: readonly number[],
): Figure {
  const ratios = values.map((value, round) => value / (references[round] ?? Number.NaN));
  return sampled(label, '×', ratios);
}
