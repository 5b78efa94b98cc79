// Creates the GitHub release of the current version, with the changelog entries as its text and `release/*` attached.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { version } = JSON.parse(readFileSync(path.join(root, 'lerna.json'), 'utf8'));

/** The part of a changelog between the heading of `version` and the next heading of a version. */
function entryOf(changelog) {
  const parts = changelog.split(/^(?=#{1,2} \[?\d)/m);
  const heading = new RegExp(`^#{1,2} \\[?${version.replaceAll('.', String.raw`\.`)}\\b.*\n`);
  return (
    parts
      .find((part) => heading.test(part))
      ?.replace(heading, '')
      .trim() ?? ''
  );
}

const notes = readdirSync(path.join(root, 'packages'))
  .map((directory) => path.join(root, 'packages', directory))
  .map((folder) => ({
    folder,
    manifest: JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')),
  }))
  .filter(({ manifest }) => manifest.private !== true)
  .map(({ folder, manifest }) => {
    const entry = entryOf(readFileSync(path.join(folder, 'CHANGELOG.md'), 'utf8'));
    return `## ${manifest.name}\n\n${entry || 'No changes.'}\n`;
  })
  .join('\n');

const assets = readdirSync(path.join(root, 'release')).map((file) => path.join('release', file));
const folder = mkdtempSync(path.join(os.tmpdir(), 'release-notes-'));
try {
  const file = path.join(folder, 'notes.md');
  writeFileSync(file, notes);
  const args = [
    'release',
    'create',
    `v${version}`,
    '--verify-tag',
    '--notes-file',
    file,
    ...assets,
  ];
  if (process.argv.includes('--dry-run')) {
    console.log(`gh ${args.join(' ').replace(file, 'notes.md')}\n\n${notes}`);
  } else {
    process.exitCode = spawnSync('gh', args, { cwd: root, stdio: 'inherit' }).status ?? 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
