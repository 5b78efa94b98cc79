import type { CompletedRun } from './run';

/** How often a title was red. */
export interface RedTitle {
  readonly title: string;
  readonly times: number;
  /** Share of the runs that were made, from 0 to 1. */
  readonly rate: number;
  /** Numbers of the runs. */
  readonly runs: readonly number[];
}

/** Every title that was ever red, the most frequent first. */
export function redRates(runs: readonly CompletedRun[]): RedTitle[] {
  const made = runs.filter(({ verdict }) => verdict !== 'not run');
  const byTitle = new Map<string, number[]>();
  for (const { number, red } of made) {
    for (const title of red) byTitle.set(title, [...(byTitle.get(title) ?? []), number]);
  }
  return [...byTitle]
    .map(([title, numbers]) => ({
      title,
      times: numbers.length,
      rate: numbers.length / made.length,
      runs: numbers,
    }))
    .toSorted((one, other) => other.times - one.times);
}

/** One line per run, in Markdown. */
export function table(runs: readonly CompletedRun[]): string {
  const rows = runs.map(({ number, condition, node, isFreshClone, verdict, totals, seconds }) =>
    [
      number,
      condition,
      node,
      isFreshClone ? 'fresh' : 'here',
      verdict,
      totals.passed,
      totals.failed,
      seconds,
    ].join(' | '),
  );
  return [
    '| run | condition | Node.js | clone | result | passed | failed | seconds |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}

/** What was ever red, as text. */
export function redText(runs: readonly CompletedRun[]): string {
  const rates = redRates(runs);
  if (rates.length === 0) return 'No test was red.';
  return rates
    .map(
      ({ title, times, rate, runs: numbers }) =>
        `${Math.round(rate * 100)} % (${times}; runs ${numbers.join(', ')})  ${title}`,
    )
    .join('\n');
}
