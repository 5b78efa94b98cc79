import type * as Driver from '@databricks/sql';
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
  for (const definition of instrumentation.getModuleDefinitions()) {
    for (const file of definition.files) {
      if (file.supportedVersions.some((range) => range.includes('<3'))) {
        const path = join(DRIVER_ROOT, file.name.replace('@databricks/sql', ''));
        // The kernel's files came with 1.16.
        if (existsSync(path)) file.patch(requireDriver(path), DRIVER_VERSION);
      }
    }
  }
  return driver;
}

/** The exports of a file of the driver, such as `dist/DBSQLOperation.js`. */
export function loadDriverFile(file: string): unknown {
  return requireDriver(join(DRIVER_ROOT, file));
}

/** Whether the driver under test is at least `major.minor`. */
export function isDriverAtLeast(major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = DRIVER_VERSION.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/**
 * Before 1.13 `hasMoreRows` asked for the metadata of a statement that still ran, and an iteration over it could go on
 * forever.
 */
export const ITERATES_RUNNING_STATEMENTS = isDriverAtLeast(1, 13);

function versionOf(packageFile: string): string {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  return version;
}
