import * as path from 'node:path';
import { read, readManifest } from './manifests';

/** What package-lock.json holds of one package. */
interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export interface Installed {
  readonly name: string;
  readonly license: string;
  readonly hasInstallScript: boolean;
}

type Lock = Readonly<Record<string, LockEntry>>;

/** The entry that a package at `from` loads as `name`, found as Node.js does. */
function resolve(lock: Lock, name: string, from: string): [at: string, entry: LockEntry] {
  for (let folder = from; ; folder = path.posix.dirname(folder)) {
    const at = path.posix.join(folder, 'node_modules', name);
    const entry = lock[at];
    if (entry?.link === true && entry.resolved !== undefined) {
      return [entry.resolved, lock[entry.resolved] ?? {}];
    }
    if (entry !== undefined) return [at, entry];
    if (folder === '.' || folder === '') throw new Error(`${name} is not in package-lock.json`);
  }
}

function requirementsOf(entry: LockEntry): string[] {
  const peers = Object.keys(entry.peerDependencies ?? {}).filter(
    (name) => entry.peerDependenciesMeta?.[name]?.optional !== true,
  );
  return [
    ...Object.keys(entry.dependencies ?? {}),
    ...Object.keys(entry.optionalDependencies ?? {}),
    ...peers,
  ];
}

/** All packages that the one in `folder` brings, by package-lock.json, itself not among them. */
export function installation(folder: string): Installed[] {
  const lock = (JSON.parse(read('package-lock.json')) as { packages: Lock }).packages;
  const found = new Map<string, Installed>();
  const pending = requirementsOf(readManifest(folder)).map((name) => resolve(lock, name, folder));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [at, entry] = next;
    const name = at.startsWith('packages/')
      ? readManifest(at).name
      : at.split('node_modules/').pop();
    if (name === undefined || found.has(name)) continue;
    found.set(name, {
      name,
      license: entry.license ?? 'unknown',
      hasInstallScript: entry.hasInstallScript === true,
    });
    pending.push(...requirementsOf(entry).map((required) => resolve(lock, required, at)));
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
