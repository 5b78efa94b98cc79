import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

export const ROOT = path.resolve(__dirname, '../../../..');

export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly version?: string;
  readonly keywords?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(read(path.join(folder, 'package.json'))) as Manifest;
}

/** Folders of the repository that have a package.json, the root first. */
export function manifestFolders(): string[] {
  const below = ['packages', 'quality'].flatMap((parent) =>
    readdirSync(path.join(ROOT, parent)).map((name) => path.join(parent, name)),
  );
  return ['.', 'examples', ...below].filter((folder) =>
    existsSync(path.join(ROOT, folder, 'package.json')),
  );
}

/** Folders of the packages that are published. */
export function publishedFolders(): string[] {
  return manifestFolders().filter(
    (folder) => folder.startsWith('packages') && readManifest(folder).private !== true,
  );
}
