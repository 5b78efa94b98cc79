import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * The published packages with the entries that their `exports` name: `source` is the TypeScript file, `declaration` the
 * compiled one, `name` is how files about the entry are called.
 */
export function publishedPackages() {
  const packages = [];
  for (const directory of readdirSync(path.join(ROOT, 'packages')).toSorted()) {
    const folder = path.join(ROOT, 'packages', directory);
    const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    if (manifest.private === true) continue;
    const entries = entriesOf(folder, manifest);
    // A package that is only a command has no API.
    if (entries.length > 0) packages.push({ directory, folder, name: manifest.name, entries });
  }
  return packages;
}

function entriesOf(folder, manifest) {
  return Object.entries(manifest.exports)
    .filter(([, target]) => typeof target.types === 'string')
    .map(([subpath, { types }]) => ({
      name: [path.basename(folder), ...subpath.split('/').slice(1)].join('.'),
      declaration: path.join(folder, types),
      source: path.join(folder, types.replace('build/', '').replace(/\.d\.ts$/, '.ts')),
    }));
}
