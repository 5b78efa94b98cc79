// Runs the instrumentation's tests against releases of the driver: those given as arguments, or all. Two at a time, since
// most of a run is waiting.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installRelease, RELEASES } from './driver-releases.mjs';

/** A run that hangs is killed. */
const LIMIT_MS = 10 * 60_000;
const PARALLEL_RUNS = 2;
const TESTS = 'packages/instrumentation-databricks-sql/build/test';
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Runs the tests on the driver in the node_modules of a folder. @returns whether they pass */
export async function testDriver(folder, title) {
  const child = spawn(
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
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const status = await new Promise((resolve) => {
    child.once('error', resolve).once('close', resolve);
  });
  console.log(`\n${title}\n${output}`);
  if (status !== 0) console.log(`${title}: tests failed`);
  return status === 0;
}

async function testReleases(versions) {
  const pending = versions.map((version) => ({ version, folder: installRelease(version) }));
  let passed = true;
  const work = async () => {
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const isGreen = await testDriver(next.folder, `@databricks/sql ${next.version}`);
      passed &&= isGreen;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_RUNS }, work));
  return passed;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const versions = process.argv.length > 2 ? process.argv.slice(2) : RELEASES;
  process.exitCode = (await testReleases(versions)) ? 0 : 1;
}
