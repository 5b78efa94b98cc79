import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One `npm install` command that a document shows. */
export interface DocumentedInstall {
  /** Path from the root of the repository. */
  readonly document: string;
  /** Packages as the command names them, with the versions it asks for. */
  readonly packages: readonly string[];
}

const COMMAND = /^npm install ((?:[^\\\n]|\\\n)+)$/gm;

/** The `npm install` commands of a text; lines that end in a backslash go on. */
export function installsIn(text: string): string[][] {
  return [...text.matchAll(COMMAND)].map(([, names = '']) =>
    names.split(/[\s\\]+/).filter((name) => name !== '' && !name.startsWith('-')),
  );
}

function documents(root: string): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name));
  const packages = readdirSync(join(root, 'packages')).map((name) => join('packages', name));
  return ['.', 'docs', 'examples', ...packages].flatMap(below).sort();
}

/** Every `npm install` command with packages that the project's documents show. */
export function documentedInstalls(root: string): DocumentedInstall[] {
  return documents(root).flatMap((document) =>
    installsIn(readFileSync(join(root, document), 'utf8')).map((packages) => ({
      document,
      packages,
    })),
  );
}
