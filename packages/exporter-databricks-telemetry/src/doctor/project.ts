import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { pnpCopies } from './yarn-pnp';

/** An installed package. */
export interface InstalledPackage {
  readonly version: string;
  /** Without links, so that what the package itself depends on is found from here. */
  readonly folder: string;
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** Folders that are searched at most: a larger tree belongs to more than one application. */
const MAX_FOLDERS = 20_000;
/** How many dependencies lead from the application to a package at most: framework, sdk-node, sdk-trace. */
const MAX_DEPTH = 3;

/** Reads `package.json` of a folder; `undefined` when it is missing or unreadable. */
export function readPackage(folder: string): InstalledPackage | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    if (typeof manifest !== 'object' || manifest === null) return undefined;
    const version = 'version' in manifest ? manifest.version : undefined;
    return {
      version: typeof version === 'string' ? version : '',
      folder: realpathSync(folder),
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
    if (path.dirname(folder) === folder) return resolvePackage(name, from);
  }
}

/** For Yarn PnP and other resolvers without `node_modules`. */
function resolvePackage(name: string, from: string): InstalledPackage | undefined {
  let file: string;
  try {
    file = createRequire(path.join(from, 'package.json')).resolve(name);
  } catch {
    return undefined;
  }
  for (let folder = path.dirname(file); path.dirname(folder) !== folder;) {
    const found = readPackage(folder);
    if (found?.manifest['name'] === name) return found;
    folder = path.dirname(folder);
  }
  return undefined;
}

/** As {@link findPackage}, also through the dependencies of the application: strict installers hide what is not its own. */
export function findDeep(
  name: string,
  from: string,
  depth = MAX_DEPTH,
): InstalledPackage | undefined {
  const found = findPackage(name, from);
  if (found !== undefined || depth === 0) return found;
  for (const dependency of dependenciesOf(from)) {
    const through = findPackage(dependency, from);
    const deeper = through && findDeep(name, through.folder, depth - 1);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

function dependenciesOf(folder: string): string[] {
  const manifest = readPackage(folder)?.manifest ?? {};
  return ['dependencies', 'devDependencies'].flatMap((field) => {
    const list = manifest[field];
    if (typeof list !== 'object' || list === null) return [];
    // Others bring no SDK, and a tree of all of them is large.
    return Object.keys(list).filter((name) => /opentelemetry|otel|sentry|databricks/.test(name));
  });
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

/** Every copy of a package that the project in `from` has installed: once each, however many links lead to it. */
export function findCopies(name: string, from: string): InstalledPackage[] {
  const copies = new Map<string, InstalledPackage>();
  const pnp = pnpCopies(name, from);
  if (pnp !== undefined) {
    for (const folder of pnp) {
      const copy = readPackage(folder);
      if (copy !== undefined) copies.set(copy.folder, copy);
    }
    return [...copies.values()];
  }
  const pending = nearestModules(from);
  let visited = 0;
  for (let modules = pending.pop(); modules !== undefined; modules = pending.pop()) {
    const copy = readPackage(path.join(modules, name));
    if (copy !== undefined) copies.set(copy.folder, copy);
    for (const entry of folderNames(modules)) {
      visited += 1;
      if (visited > MAX_FOLDERS) return [...copies.values()];
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
  return [...copies.values()];
}

/** The `node_modules` of the project and of the workspace around it. */
function nearestModules(from: string): string[] {
  const found: string[] = [];
  for (let folder = from; ; folder = path.dirname(folder)) {
    const modules = path.join(folder, 'node_modules');
    if (existsSync(modules)) found.push(modules);
    if (path.dirname(folder) === folder) return found;
  }
}

/** The command that adds packages with the package manager that the project uses. */
export function installCommand(folder: string, ...packages: readonly string[]): string {
  const has = (file: string): boolean => existsSync(path.join(folder, file));
  const manager = has('pnpm-lock.yaml')
    ? 'pnpm add'
    : has('yarn.lock')
      ? 'yarn add'
      : 'npm install';
  return `${manager} ${packages.join(' ')}`;
}
