// Mutation testing: `npm run mutate -- <target> [file.js …]`, for one of the targets below. Takes minutes to an hour.
// Stryker mutates the compiled code in a copy; its mocha runner needs an older mocha, hence a folder of its own.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const INSTRUMENTATION = 'instrumentation-databricks-sql';
const EXPORTER = 'exporter-databricks-telemetry';

/** Folder or file below `build/src`, and the tests that are to notice, the quick ones first: the first that fails ends it. */
const TARGETS = {
  statement: {
    package: INSTRUMENTATION,
    files: 'statement/*.js',
    tests: ['statement/*', 'telemetry/*', 'patches/*'],
  },
  failure: {
    package: INSTRUMENTATION,
    files: 'telemetry/failure.js',
    tests: ['telemetry/failure*'],
  },
  instrumentation: {
    package: INSTRUMENTATION,
    files: '*.js',
    tests: ['*', 'connection/*', 'patches/*'],
  },
  patches: {
    package: INSTRUMENTATION,
    files: 'patches/*.js',
    tests: ['patches/*', 'connection/*', 'statement/*', '*'],
  },
  sql: { package: INSTRUMENTATION, files: 'sql/**/*.js', tests: ['sql/**/*'] },
  exporter: { package: EXPORTER, files: '*.js', tests: ['*', 'exporter/*', 'processor/*'] },
  processor: {
    package: EXPORTER,
    files: 'processor/**/*.js',
    tests: ['processor/**/*'],
  },
  delivery: { package: EXPORTER, files: 'delivery/*.js', tests: ['delivery/*', 'exporter/*'] },
  'frontend-log': { package: EXPORTER, files: 'frontend-log/*.js', tests: ['frontend-log/*'] },
};

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const mutation = path.join(root, 'quality/mutation');
const [name = '', ...files] = process.argv.slice(2);
const target = TARGETS[name];
if (target === undefined) {
  process.stderr.write(
    `usage: npm run mutate -- ${Object.keys(TARGETS).join(' | ')} [file.js …]\n`,
  );
  process.exit(1);
}

const stryker = path.join(mutation, 'node_modules/@stryker-mutator/core/bin/stryker.js');
if (!existsSync(stryker)) run('npm', ['ci', '--no-audit', '--no-fund'], mutation);

const folderOfPackage = path.join(root, 'packages', target.package);
const folder = path.dirname(target.files).replace('/**', '');
const mutated = files.length === 0 ? [target.files] : files.map((file) => path.join(folder, file));
process.exitCode = run(
  process.execPath,
  [stryker, 'run', path.join(mutation, 'stryker.config.mjs')],
  folderOfPackage,
  {
    // Properties are for finding what nobody thought of; a mutant dies of a few runs or of none.
    FAST_CHECK_RUNS: '50',
    MUTATED_FILES: mutated.map((file) => `build/src/${file}`).join(','),
    MUTATION_TESTS: target.tests.map((test) => `build/test/${test}.test.js`).join(','),
    MUTATION_REPORT: path.join(mutation, 'reports', `${name}.json`),
  },
);

function run(command, args, cwd, environment = {}) {
  const { status } = spawnSync(command, args, {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  return status ?? 1;
}
