// Run by lerna between the new version numbers and the commit: files that state a version follow package.json, and
// become part of the commit.
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

function stamp(file, pattern, replacement) {
  const text = fs.readFileSync(file, 'utf8');
  fs.writeFileSync(file, text.replace(pattern, replacement));
  execFileSync('git', ['add', file], { cwd: root });
}

const versions = new Map();
for (const directory of fs.readdirSync(path.join(root, 'packages'))) {
  const folder = path.join(root, 'packages', directory);
  const { name, version } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  versions.set(name, version);
  const source = path.join(folder, 'src', 'scope.ts');
  if (fs.existsSync(source)) stamp(source, /VERSION = '[^']*'/, `VERSION = '${version}'`);
}

const registry = path.join(root, 'docs/opentelemetry');
for (const file of fs.readdirSync(registry).filter((name) => name.endsWith('.yml'))) {
  const entry = path.join(registry, file);
  const [, name] = /^ {2}name: '(.+)'$/m.exec(fs.readFileSync(entry, 'utf8'));
  stamp(entry, /^ {2}version: .*$/m, `  version: ${versions.get(name)}`);
}

const examples = path.join(root, 'examples/src');
for (const name of fs.readdirSync(examples)) {
  const manifest = path.join(examples, name, 'package.json');
  if (!fs.existsSync(manifest)) continue;
  for (const [dependency, version] of versions) {
    stamp(manifest, new RegExp(`"${dependency}": ".*"`), `"${dependency}": "^${version}"`);
  }
}
