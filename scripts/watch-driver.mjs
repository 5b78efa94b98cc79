// Compares the newest published driver with the one the tests pin: which of the methods that the instrumentation
// replaces there are, and whether its tests pass. `npm run watch:driver -- <version>` looks at another release.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const PINNED = path.join(root, 'packages/instrumentation-databricks-sql');

function newestVersion() {
  // npm is a batch file on Windows, which only a shell starts.
  const { status, stdout } = spawnSync('npm view @databricks/sql version', {
    cwd: root,
    shell: true,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error('npm could not be asked for the newest version');
  return stdout.trim();
}

function replacedMembers(folder) {
  const script = path.join(root, 'scripts/patched-members.cjs');
  const { status, stdout } = spawnSync(process.execPath, [script, folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`the driver in ${folder} could not be looked at`);
  return JSON.parse(stdout);
}

function list(title, members) {
  if (members.length === 0) return;
  console.log(`${title}:\n${members.map((name) => `  ${name}`).join('\n')}`);
}

const version = process.argv[2] ?? newestVersion();
const tests = spawnSync(process.execPath, [path.join(root, 'scripts/test-drivers.mjs'), version], {
  stdio: 'inherit',
});

const expected = replacedMembers(PINNED);
const found = replacedMembers(path.join(root, '.drivers', version));
const missing = expected.filter((name) => !found.includes(name));
console.log(
  `\n@databricks/sql ${version}: ${found.length} methods replaced, ${expected.length} expected`,
);
list('Missing', missing);
list(
  'New',
  found.filter((name) => !expected.includes(name)),
);
console.log(tests.status === 0 ? 'The tests pass.' : 'Tests fail.');
process.exitCode = missing.length === 0 && tests.status === 0 ? 0 : 1;
