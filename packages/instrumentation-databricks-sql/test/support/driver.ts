import type * as Driver from '@databricks/sql';
import type { InstrumentationNodeModuleFile } from '@opentelemetry/instrumentation';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { DatabricksSqlInstrumentation } from '../../src';

/** The folder whose `node_modules` has the driver under test; the repository's own newest driver by default. */
const DRIVER_FOLDER = process.env['DATABRICKS_SQL_DRIVER_FOLDER'];
const requireDriver = createRequire(
  DRIVER_FOLDER === undefined ? __filename : join(DRIVER_FOLDER, 'index.js'),
);

export const DRIVER_MAIN = requireDriver.resolve('@databricks/sql');
const DRIVER_ROOT = join(DRIVER_MAIN, '..', '..');
export const DRIVER_VERSION = versionOf(join(DRIVER_ROOT, 'package.json'));

/** Loads the driver under test, unpatched by this. */
export function loadDriver(): typeof Driver {
  return requireDriver(DRIVER_MAIN) as typeof Driver;
}

/**
 * Loads the driver and patches it as the hooks would: in this process another test may have loaded it before. That the
 * hooks fire is for the tests with a process of their own.
 */
export function loadPatchedDriver(instrumentation: DatabricksSqlInstrumentation): typeof Driver {
  const driver = loadDriver();
  for (const { name, patch } of patchedFiles(instrumentation)) {
    const path = join(DRIVER_ROOT, name.replace('@databricks/sql', ''));
    // Some files came with a later release, or had another name before.
    if (existsSync(path)) patch(requireDriver(path), DRIVER_VERSION);
  }
  return driver;
}

/** The files of the driver that the instrumentation patches, without those that it refuses. */
export function patchedFiles(
  instrumentation: DatabricksSqlInstrumentation,
): readonly InstrumentationNodeModuleFile[] {
  return instrumentation
    .getModuleDefinitions()
    .flatMap(({ files }) => files)
    .filter(({ supportedVersions }) => supportedVersions.some((range) => range.startsWith('>=')));
}

/** The exports of a file of the driver, such as `dist/DBSQLOperation.js`. */
export function loadDriverFile(file: string): unknown {
  // Before 1.8 the operation's file had another name.
  return requireDriver(join(DRIVER_ROOT, file.replace(/\.js$/, '')));
}

/** Whether the driver under test is at least `major.minor`. */
export function isDriverAtLeast(major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = DRIVER_VERSION.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** The id of a session or an operation; the getter came with 1.8.4. */
export function idOf(object: { readonly id: string; getId?(): string }): string {
  return object.id ?? object.getId?.();
}

/** The iterators and the stream came with 1.9. */
export const HAS_ITERATORS = isDriverAtLeast(1, 9);

/** The driver sends requests again from 1.8 on. */
export const RETRIES = isDriverAtLeast(1, 8);

/**
 * Before 1.13 `hasMoreRows` asked for the metadata of a statement that still ran, and an iteration over it could go on
 * forever.
 */
export const ITERATES_RUNNING_STATEMENTS = isDriverAtLeast(1, 13);

function versionOf(packageFile: string): string {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  return version;
}
