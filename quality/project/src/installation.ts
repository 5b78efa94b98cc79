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

type Located = readonly [at: string, entry: LockEntry];

/** The entry that a package at `from` loads as `name`, found as Node.js does. */
function resolve(lock: Lock, name: string, from: string): Located | undefined {
  for (let folder = from; ; folder = path.posix.dirname(folder)) {
    const at = path.posix.join(folder, 'node_modules', name);
    const entry = lock[at];
    if (entry?.link === true && entry.resolved !== undefined) {
      return [entry.resolved, lock[entry.resolved] ?? {}];
    }
    if (entry !== undefined) return [at, entry];
    if (folder === '.' || folder === '') return undefined;
  }
}

/** What `entry`, at `from`, is installed with. npm leaves optional dependencies of other platforms out of the lock. */
function requirementsOf(lock: Lock, entry: LockEntry, from: string): Located[] {
  const peers = Object.keys(entry.peerDependencies ?? {}).filter(
    (name) => entry.peerDependenciesMeta?.[name]?.optional !== true,
  );
  const optional = Object.keys(entry.optionalDependencies ?? {});
  const required = [...Object.keys(entry.dependencies ?? {}), ...peers];
  return [...required, ...optional].flatMap((name) => {
    const located = resolve(lock, name, from);
    if (located !== undefined) return [located];
    if (optional.includes(name)) return [];
    throw new Error(`${name} is not in package-lock.json`);
  });
}

/** What the LICENSE files of packages say whose package.json names no license. */
const LICENSE_FILES: Readonly<Record<string, string>> = {
  flatbuffers: 'Apache-2.0',
  'json-bignum': 'MIT',
};

/** The users' own choice, whatever else is installed: neither it nor what it brings is listed. */
const DRIVER = '@databricks/sql';

/** All packages that the one in `folder` brings, by package-lock.json, without itself and the driver. */
export function installation(folder: string): Installed[] {
  const lock = (JSON.parse(read('package-lock.json')) as { packages: Lock }).packages;
  const found = new Map<string, Installed>();
  const pending = requirementsOf(lock, readManifest(folder), folder);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [at, entry] = next;
    const name = at.startsWith('packages/')
      ? readManifest(at).name
      : at.split('node_modules/').pop();
    if (name === undefined || name === DRIVER || found.has(name)) continue;
    found.set(name, {
      name,
      license: LICENSE_FILES[name] ?? entry.license ?? 'unknown',
      hasInstallScript: entry.hasInstallScript === true,
    });
    pending.push(...requirementsOf(lock, entry, at));
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
