import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

/** An installed package. */
export interface InstalledPackage {
  readonly version: string;
  readonly folder: string;
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** Folders that are searched at most: a larger tree belongs to more than one application. */
const MAX_FOLDERS = 20_000;

/** Reads `package.json` of a folder; `undefined` when it is missing or unreadable. */
export function readPackage(folder: string): InstalledPackage | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    if (typeof manifest !== 'object' || manifest === null) return undefined;
    const version = 'version' in manifest ? manifest.version : undefined;
    return {
      version: typeof version === 'string' ? version : '',
      folder,
      manifest: { ...manifest },
    };
  } catch {
    return undefined;
  }
}

/** The package that a file in `from` would load, found as Node.js does but past any `exports`. */
export function findPackage(name: string, from: string): InstalledPackage | undefined {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const found = readPackage(path.join(folder, 'node_modules', name));
    if (found !== undefined) return found;
    if (path.dirname(folder) === folder) return undefined;
  }
}

function folderNames(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Every copy of a package below the nearest `node_modules` of `from`; does not follow links. */
export function findCopies(name: string, from: string): InstalledPackage[] {
  const nearest = findPackage(name, from);
  if (nearest === undefined) return [];
  const copies: InstalledPackage[] = [];
  const pending = [nearest.folder.slice(0, -path.join(path.sep, name).length)];
  let visited = 0;
  for (let modules = pending.pop(); modules !== undefined; modules = pending.pop()) {
    const copy = readPackage(path.join(modules, name));
    if (copy !== undefined) copies.push(copy);
    for (const entry of folderNames(modules)) {
      visited += 1;
      if (visited > MAX_FOLDERS) return copies;
      const folder = path.join(modules, entry);
      if (entry === '.pnpm' || entry.startsWith('@')) {
        for (const inner of folderNames(folder)) {
          pending.push(path.join(folder, inner, 'node_modules'));
        }
      } else if (!entry.startsWith('.')) {
        pending.push(path.join(folder, 'node_modules'));
      }
    }
  }
  return copies;
}

/** The arguments with which Node.js loads a setup file before the application. */
export function loadingArguments(file: string, folder: string): [flag: string, file: string] {
  const extension = path.extname(file);
  const isEsm = readPackage(folder)?.manifest['type'] === 'module';
  const isCommonJs = extension === '.cjs' || (extension === '.js' && !isEsm);
  return [isCommonJs ? '--require' : '--import', file];
}
