/**
 * What the two public packages support, as semver ranges. package.json, the READMEs, the diagnostics and the versions
 * of the compatibility run are held to this list by a test.
 */
export const SUPPORTED_VERSIONS = {
  /** `@databricks/sql`. */
  driver: '>=1.9.0 <3',
  node: '>=20.19.0',
  /** `@opentelemetry/api`, a peer of both packages. */
  api: '^1.9.0',
  /** `@opentelemetry/instrumentation`: a newer line breaks applications on SDK 2, an older one lacks what we call. */
  instrumentation: '>=0.213.0 <0.300.0',
  /** `@opentelemetry/sdk-trace-base` 2.x and `@opentelemetry/sdk-trace` 2.x and 3.x. */
  sdk: '>=2.0.0 <4',
} as const;

/** Whether the driver of this version is patched. A pre-release counts as its release. */
export function isSupportedDriver(version: string): boolean {
  const [from = [], below = []] = SUPPORTED_VERSIONS.driver.split(' ').map(numbersOf);
  const actual = numbersOf(version);
  return compare(actual, from) >= 0 && compare(actual, below) < 0;
}

function numbersOf(version: string): number[] {
  return (/\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
