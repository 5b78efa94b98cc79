// `npm run api` writes docs/api; `npm run api:check` prints what would change, and fails when something would.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { publishedPackages, ROOT } from './entries.mjs';
import { writeReference } from './reference.mjs';
import { writeReport } from './report.mjs';

const KEPT = path.join(ROOT, 'docs/api');
const BY_HAND = 'README.md';

async function generate(folder) {
  for (const pkg of publishedPackages()) {
    for (const entry of pkg.entries) writeReport(pkg, entry, folder);
    await writeReference(pkg, folder);
  }
  rmSync(path.join(folder, 'temp'), { recursive: true, force: true });
  cpSync(path.join(KEPT, BY_HAND), path.join(folder, BY_HAND));
}

/** The differences as a patch without the folders' names; empty when there are none. */
function differences(folder) {
  const { stdout, status } = spawnSync(
    'git',
    ['diff', '--no-index', '--no-color', '--no-ext-diff', KEPT, folder],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (status === 0) return '';
  return stdout.replaceAll(folder, '/docs/api').replaceAll(KEPT, '/docs/api');
}

const parent = mkdtempSync(path.join(os.tmpdir(), 'public-api-'));
try {
  const folder = path.join(parent, 'api');
  mkdirSync(folder);
  await generate(folder);
  const patch = differences(folder);
  if (process.argv.includes('--check')) {
    process.stdout.write(patch);
    if (patch !== '') {
      process.stderr.write('\nThe public API or its docstrings changed: run `npm run api`.\n');
      process.exitCode = 1;
    }
  } else if (patch !== '') {
    rmSync(KEPT, { recursive: true });
    cpSync(folder, KEPT, { recursive: true });
    process.stdout.write(patch);
  }
} finally {
  rmSync(parent, { recursive: true, force: true });
}
