import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';

/** A patched method of each driver file that the instrumentation patches; file names of 1.9 to 2.x. */
const PATCHED_METHODS: readonly (readonly [file: string, method: string])[] = [
  ['dist/DBSQLClient.js', 'connect'],
  ['dist/DBSQLSession.js', 'executeStatement'],
  ['dist/DBSQLOperation.js', 'fetchChunk'],
  ['dist/hive/HiveDriver.js', 'getOperationStatus'],
  ['dist/result/CloudFetchResultHandler.js', 'downloadLink'],
];

/** Which of the driver's files run their original code, and which have been patched. */
export interface PatchedFiles {
  readonly patched: readonly string[];
  readonly original: readonly string[];
}

function isOriginal(method: unknown, source: string): boolean {
  return typeof method === 'function' && source.includes(Function.prototype.toString.call(method));
}

/**
 * Loads the driver as the application in `folder` would, and compares its methods with their files: a method whose source
 * is not in its file was replaced. Throws when the driver cannot be loaded.
 */
export function patchedFiles(folder: string): PatchedFiles {
  const load = createRequire(path.join(folder, 'package.json'));
  load('@databricks/sql');
  const patched: string[] = [];
  const original: string[] = [];
  for (const [file, name] of PATCHED_METHODS) {
    const resolved = load.resolve(`@databricks/sql/${file}`);
    // From the cache: requiring the file again would let the hooks patch it now.
    const exported: unknown = load.cache[resolved]?.exports;
    const constructor: unknown =
      typeof exported === 'object' && exported !== null && 'default' in exported
        ? exported.default
        : undefined;
    const prototype: unknown =
      typeof constructor === 'function' ? (constructor.prototype as unknown) : undefined;
    const method: unknown =
      typeof prototype === 'object' && prototype !== null
        ? Object.getOwnPropertyDescriptor(prototype, name)?.value
        : undefined;
    (isOriginal(method, readFileSync(resolved, 'utf8')) ? original : patched).push(
      path.basename(file),
    );
  }
  return { patched, original };
}
