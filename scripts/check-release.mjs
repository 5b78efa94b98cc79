// Checks that HEAD can be released: one signed tag names its version, and every changelog has an entry for it.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { version } = JSON.parse(readFileSync(path.join(root, 'lerna.json'), 'utf8'));
const tag = `v${version}`;
const problems = [];

function git(...args) {
  return spawnSync('git', args, { cwd: root, encoding: 'utf8' });
}

const tagged = git('rev-parse', '--verify', '--quiet', `${tag}^{commit}`).stdout.trim();
if (tagged === '') problems.push(`there is no tag ${tag}`);
else if (tagged !== git('rev-parse', 'HEAD').stdout.trim()) problems.push(`${tag} is not HEAD`);

// The keys of the maintainers are in the repository, so that the check needs no key server.
const signers = path.join(root, '.github/allowed_signers');
const verified = git('-c', `gpg.ssh.allowedSignersFile=${signers}`, 'verify-tag', tag);
if (tagged !== '' && verified.status !== 0) {
  problems.push(`${tag} has no valid signature of a maintainer: ${verified.stderr.trim()}`);
}

for (const directory of readdirSync(path.join(root, 'packages'))) {
  const folder = path.join(root, 'packages', directory);
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  if (manifest.private === true) continue;
  if (manifest.version !== version) problems.push(`${directory} is at ${manifest.version}`);
  if (manifest.publishConfig?.provenance !== true) problems.push(`${directory}: no provenance`);
  const changelog = path.join(folder, 'CHANGELOG.md');
  const text = existsSync(changelog) ? readFileSync(changelog, 'utf8') : '';
  const heading = new RegExp(`^#+ \\[?${version.replaceAll('.', String.raw`\.`)}\\b`, 'm');
  if (!heading.test(text)) problems.push(`${directory}: CHANGELOG.md has no entry for ${version}`);
}

for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log(`${tag} can be released`);
process.exitCode = problems.length === 0 ? 0 : 1;
