/** Lines that other software writes by itself, and why they may stand. */
const EXPECTED_LINES: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  {
    pattern: /^\(node:\d+\) \[DEP0040\] DeprecationWarning: The `punycode` module is deprecated/,
    reason: 'node-fetch 2, by which every release of the driver speaks HTTP',
  },
  {
    pattern: /^\(node:\d+\) \[DEP0169\] DeprecationWarning: `url\.parse\(\)`/,
    reason: 'the agents of the driver',
  },
  {
    pattern: /^\(node:\d+\) \[DEP0005\] DeprecationWarning: Buffer\(\) is deprecated/,
    reason: 'packages of the driver, once a bundle has taken them out of node_modules',
  },
  {
    pattern: /^\(Use `node --trace-(?:deprecation|warnings) \.\.\.` to show where/,
    reason: 'the second line of such a warning',
  },
];

/** The lines of an application's output that nobody has asked for. */
export function strayLines(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line !== '' && !EXPECTED_LINES.some(({ pattern }) => pattern.test(line)));
}
