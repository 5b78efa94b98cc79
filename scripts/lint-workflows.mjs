// Checks the workflows with actionlint, built from the Go module proxy; without Go there is nothing to build it with.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

if (spawnSync('go', ['version']).status === 0) {
  // Shell scripts in steps are ruled out by a test, so shellcheck and pyflakes have nothing to read.
  const lint = ['run', ACTIONLINT, '-shellcheck=', '-pyflakes='];
  const { status } = spawnSync('go', lint, { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
  if (status === 0) console.log('\n  1 passing: workflows (actionlint)');
} else {
  console.log('\n  1 pending: workflows (actionlint), because Go is not installed');
}
