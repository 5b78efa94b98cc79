/** What mocha's output, of one run or of several after each other, reports. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const FAILURE = /^ {2}\d+\) (.*)$/;
const SUMMARY = { passed: 'passing', failed: 'failing', skipped: 'pending' } as const;

/** Full titles of the failures that mocha lists at the end of its output, each once. */
export function redTitles(output: string): string[] {
  const titles = new Set<string>();
  const lines = output.split('\n');
  for (const [index, line] of lines.entries()) {
    const first = FAILURE.exec(line)?.[1];
    if (first === undefined) continue;
    const parts = [first];
    // The list has one part of the title per line, each deeper than the one before; the last ends with a colon.
    for (let next = index + 1; next < lines.length && !parts.at(-1)?.endsWith(':'); next += 1) {
      const part = lines[next] ?? '';
      if (!/^ {7,}\S/.test(part)) break;
      parts.push(part.trim());
    }
    titles.add(parts.join(' ').replace(/:$/, ''));
  }
  return [...titles];
}

/** Sums of mocha's summaries. */
export function totals(output: string): Totals {
  const sum = (word: string): number =>
    [...output.matchAll(new RegExp(`^ +(\\d+) ${word}`, 'gm'))].reduce(
      (total, match) => total + Number(match[1]),
      0,
    );
  return {
    passed: sum(SUMMARY.passed),
    failed: sum(SUMMARY.failed),
    skipped: sum(SUMMARY.skipped),
  };
}
