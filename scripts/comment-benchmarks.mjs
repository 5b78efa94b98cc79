// Posts the figures in the given file on the open pull request whose head is `HEAD_SHA`, replacing the last comment.
// The file comes from code under review: its text is posted, and nothing in it decides where.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const MAX_CHARACTERS = 60_000;
const head = process.env['HEAD_SHA'] ?? '';
const figures = readFileSync(process.argv[2] ?? 'benchmarks.md', 'utf8').slice(0, MAX_CHARACTERS);

function gh(...args) {
  const { status, stdout, stderr } = spawnSync('gh', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`gh ${args[0]} ${args[1]}: ${stderr}`);
  return stdout;
}

const body = [
  `### Benchmarks of ${head.slice(0, 12)}`,
  'Short form on a shared machine: ratios of two things measured side by side, with their targets and gates. See docs/performance.md.',
  // No mention notifies anybody, and no markup escapes.
  figures.replaceAll('@', '@\u200B').replaceAll('<', '&lt;'),
].join('\n\n');

if (process.argv.includes('--dry-run')) {
  console.log(body);
} else {
  const open = ['--state', 'open', '--limit', '500', '--json', 'number,headRefOid'];
  const found = JSON.parse(gh('pr', 'list', ...open)).find(({ headRefOid }) => headRefOid === head);
  if (found === undefined) {
    console.log('The pull request has moved on or is closed: nothing to comment on.');
  } else {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'comment-'));
    try {
      const file = path.join(folder, 'body.md');
      writeFileSync(file, body);
      const replace = ['--edit-last', '--create-if-none', '--body-file', file];
      gh('pr', 'comment', String(found.number), ...replace);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
