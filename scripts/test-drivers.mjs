// Runs the instrumentation's tests against releases of the driver: those given as arguments, or the whole matrix.
// Each is installed on demand into a folder of its own, so that nobody else pays for them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Every release in the supported range. */
const MATRIX = [
  '1.9.0',
  '1.10.0',
  '1.11.0',
  '1.12.0',
  '1.13.0',
  '1.14.0',
  '1.15.0',
  '1.16.0',
  '1.17.0',
  '2.0.0',
  '2.1.0',
];
/** A run that hangs is killed. */
const LIMIT_MS = 10 * 60_000;
const TESTS = 'packages/instrumentation-databricks-sql/build/test';
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

function run(command, args, options) {
  const { status } = spawnSync(command, args, { stdio: 'inherit', ...options });
  return status ?? 1;
}

const FLAGS = [
  '--no-save',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  '--ignore-scripts',
  '--omit=optional',
];
const KERNEL = '@databricks/databricks-sql-kernel-linux-x64-gnu';

/**
 * Without the optional dependencies: the `lz4` of the 1.x line needs a compiler, and throws at load without it. The
 * native kernel is one of them, and comes with those releases that have it, where it is made for the machine.
 */
function install(version) {
  const folder = path.join(root, '.drivers', version);
  const manifest = path.join(folder, 'node_modules/@databricks/sql/package.json');
  if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version) {
    return folder;
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const driver = `@databricks/sql@${version}`;
  npmInstall(folder, driver);
  const kernel = JSON.parse(readFileSync(manifest, 'utf8')).optionalDependencies?.[KERNEL];
  if (kernel !== undefined && process.platform === 'linux' && process.arch === 'x64') {
    npmInstall(folder, driver, `${KERNEL}@${kernel}`);
  }
  return folder;
}

function npmInstall(folder, ...packages) {
  const status = run('npm', ['install', ...FLAGS, ...packages], { cwd: folder });
  if (status !== 0) process.exit(status);
}

let failed = 0;
const versions = process.argv.length > 2 ? process.argv.slice(2) : MATRIX;
for (const version of versions) {
  const folder = install(version);
  console.log(`\n@databricks/sql ${version}`);
  const status = run(
    process.execPath,
    [
      path.join(root, 'node_modules/mocha/bin/mocha.js'),
      '--no-config',
      '--exit',
      '--timeout=20000',
      '--reporter=dot',
      `--ignore=${TESTS}/{sql,console}/**`,
      `${TESTS}/**/*.test.js`,
    ],
    {
      cwd: root,
      env: { ...process.env, DATABRICKS_SQL_DRIVER_FOLDER: folder },
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    },
  );
  if (status !== 0) {
    failed += 1;
    console.log(`@databricks/sql ${version}: tests failed`);
  }
}
process.exit(failed === 0 ? 0 : 1);
