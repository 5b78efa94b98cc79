import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SUPPORTED_VERSIONS } from '../supported-versions';
import {
  CLIENT_FILE_ENDING,
  DRIVER_MODULE,
  FORMER_NAMES,
  loadedClientFiles,
  PATCHED_FILES,
} from './files';
import type { PatchedFile } from './files';
import { isAtLeast } from './release';

/** A copy of the driver in the module cache. */
export interface LoadedDriver {
  readonly version: string | undefined;
  readonly isSupported: boolean;
  /** What each loaded file exports. */
  readonly files: ReadonlyMap<PatchedFile, unknown>;
}

/** The copies of the driver that were loaded already, where no hook saw them. */
export function loadedDrivers(): LoadedDriver[] {
  const drivers: LoadedDriver[] = [];
  for (const clientFile of loadedClientFiles()) {
    const root = clientFile.slice(0, -CLIENT_FILE_ENDING.length);
    const manifest = manifestOf(root);
    if (manifest.name !== DRIVER_MODULE) continue;
    const version = typeof manifest.version === 'string' ? manifest.version : undefined;
    const files = new Map<PatchedFile, unknown>();
    for (const file of PATCHED_FILES) {
      const loaded = [file, FORMER_NAMES[file] ?? file]
        .map((path) => require.cache[join(root, path)])
        .find((module) => module !== undefined);
      if (loaded !== undefined) files.set(file, loaded.exports);
    }
    const isSupported = isAtLeast(version, SUPPORTED_VERSIONS.driver.slice('>='.length)) !== false;
    drivers.push({ version, isSupported, files });
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
