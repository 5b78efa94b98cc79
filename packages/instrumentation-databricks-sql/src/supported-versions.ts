/**
 * What the two public packages support, as semver ranges. package.json, the READMEs, the diagnostics and the versions
 * of the compatibility run are held to this list by a test.
 */
export const SUPPORTED_VERSIONS = {
  /** `@databricks/sql`: every release from this one is patched by its shape, newer ones than the newest tested included. */
  driver: '>=1.7.1',
  node: '>=20.19.0',
  /** `@opentelemetry/api`, a peer of both packages. */
  api: '^1.9.0',
  /** `@opentelemetry/instrumentation`: a newer line breaks applications on SDK 2, an older one lacks what we call. */
  instrumentation: '>=0.213.0 <0.300.0',
  /** `@opentelemetry/sdk-trace-base` 2.x and `@opentelemetry/sdk-trace` 2.x and 3.x. */
  sdk: '>=2.0.0 <4',
} as const;

/** The newest `@databricks/sql` that the tests ran on. */
export const NEWEST_TESTED_DRIVER = '2.1.0';
