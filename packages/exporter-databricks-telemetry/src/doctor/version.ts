type Version = readonly [major: number, minor: number, patch: number];

function parse(text: string): Version | undefined {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text);
  return match ? [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)] : undefined;
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/**
 * Whether a version is in a range of the forms `>=a`, `<b` and `^a`, separated by spaces, or in one of several such
 * ranges with `||` between them. A pre-release counts as its release; an unreadable version is in no range.
 */
export function satisfies(version: string, range: string): boolean {
  const actual = parse(version);
  if (actual === undefined) return false;
  return range.split('||').some((part) => isInRange(actual, part.trim()));
}

function isInRange(actual: Version, range: string): boolean {
  return range.split(' ').every((comparator) => {
    const [, operator, text = ''] = /^(>=|<|\^)(.+)$/.exec(comparator) ?? [];
    const bound = parse(text);
    if (bound === undefined) return false;
    switch (operator) {
      case '>=':
        return compare(actual, bound) >= 0;
      case '<':
        return compare(actual, bound) < 0;
      default:
        return compare(actual, bound) >= 0 && actual[0] === bound[0];
    }
  });
}

/** Major and minor, as in `1.9`: they decide whether two copies of the API work together. */
export function minorOf(version: string): string {
  return version.split('.', 2).join('.');
}
