import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLIENT_FILE_ENDING, DRIVER_MODULE, loadedClientFiles, PATCHED_FILES } from './files';
import type { PatchedFile } from './files';

/** A copy of the driver in the module cache. */
export interface LoadedDriver {
  readonly version: string | undefined;
  /** What each loaded file exports. */
  readonly files: ReadonlyMap<PatchedFile, unknown>;
}

/** The copies of the driver that were loaded already, where no hook saw them. */
export function loadedDrivers(): LoadedDriver[] {
  const drivers: LoadedDriver[] = [];
  for (const path of loadedClientFiles()) {
    const root = path.slice(0, -CLIENT_FILE_ENDING.length);
    const { name, version } = manifestOf(root);
    if (name !== DRIVER_MODULE) continue;
    const files = new Map<PatchedFile, unknown>();
    for (const file of PATCHED_FILES) {
      const loaded = require.cache[join(root, file)];
      if (loaded !== undefined) files.set(file, loaded.exports);
    }
    drivers.push({ version: typeof version === 'string' ? version : undefined, files });
  }
  return drivers;
}

function manifestOf(root: string): { readonly name?: unknown; readonly version?: unknown } {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    return typeof manifest === 'object' && manifest !== null ? manifest : {};
  } catch {
    return {};
  }
}
