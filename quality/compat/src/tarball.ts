import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentHash } from './cached-folder';
import { npm } from './command';

/** The packages that users install: each one's folder below `packages/`. */
export const PUBLIC_PACKAGES = [
  'instrumentation-databricks-sql',
  'exporter-databricks-telemetry',
] as const;

export interface Tarball {
  /** Name of the package. */
  readonly name: string;
  /** Absolute path of the `.tgz`. */
  readonly file: string;
  readonly hash: string;
  /** Paths inside, sorted. */
  readonly files: readonly string[];
  /** What decides how npm resolves the package, as text: its engines, dependencies and peers. */
  readonly ranges: string;
}

interface PackResult {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

interface Manifest {
  readonly version: string;
  readonly engines: unknown;
  readonly dependencies: unknown;
  readonly peerDependencies: unknown;
}

/** Packs a public package as `npm publish` would. */
export async function pack(root: string, name: string, destination: string): Promise<Tarball> {
  const folder = join(root, 'packages', name);
  const output = await npm(folder, 'pack', '--json', `--pack-destination=${destination}`);
  const [packed] = JSON.parse(output) as PackResult[];
  if (packed === undefined) throw new Error(`npm pack packed nothing in ${folder}`);
  const file = join(destination, packed.filename);
  const { version, engines, dependencies, peerDependencies } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Manifest;
  return {
    name: packed.name,
    file,
    hash: contentHash(readFileSync(file)),
    files: packed.files.map((entry) => entry.path).sort(),
    ranges: JSON.stringify([version, engines, dependencies, peerDependencies]),
  };
}
