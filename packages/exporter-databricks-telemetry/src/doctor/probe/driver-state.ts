import { readFileSync } from 'node:fs';
import * as path from 'node:path';

const DRIVER = '@databricks/sql';
const CLIENT_FILE = path.join(path.sep, 'dist', 'DBSQLClient.js');
/** Logged by every release of the driver, and in no other code: put together here. Minifiers keep strings. */
const DRIVER_MARK = ['Created', 'DBSQLClient'].join(' ');
const MAX_BUNDLE_BYTES = 50 * 1024 * 1024;

/** A copy of the driver that the setup has loaded. */
export interface LoadedDriver {
  readonly version: string;
  readonly isPatched: boolean;
}

/** Whether the code of a method is not in its file: then something has replaced it. */
function isReplaced(method: unknown, source: string): boolean {
  return typeof method === 'function' && !source.includes(Function.prototype.toString.call(method));
}

function clientPrototype(exported: unknown): object | undefined {
  const main: unknown =
    typeof exported === 'object' && exported !== null
      ? Reflect.get(exported, 'default')
      : undefined;
  const prototype: unknown = typeof main === 'function' ? main.prototype : undefined;
  return typeof prototype === 'object' && prototype !== null ? prototype : undefined;
}

/** The copies of the driver in the module cache. Loads nothing: what the doctor loaded, the hooks would patch. */
export function loadedDrivers(): LoadedDriver[] {
  const drivers: LoadedDriver[] = [];
  for (const [file, loaded] of Object.entries(require.cache)) {
    if (!file.endsWith(CLIENT_FILE)) continue;
    const { name, version } = manifestOf(file.slice(0, -CLIENT_FILE.length));
    const prototype = clientPrototype(loaded?.exports);
    if (name !== DRIVER || prototype === undefined) continue;
    const connect: unknown = Object.getOwnPropertyDescriptor(prototype, 'connect')?.value;
    drivers.push({
      version: typeof version === 'string' ? version : '',
      isPatched: isReplaced(connect, readFileSync(file, 'utf8')),
    });
  }
  return drivers;
}

function manifestOf(folder: string): { readonly name?: unknown; readonly version?: unknown } {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as object;
  } catch {
    return {};
  }
}

/** Whether the file is a bundle that contains the driver. */
export function containsDriver(file: string): boolean {
  if (/[\\/]node_modules[\\/]/.test(file)) return false;
  try {
    const code = readFileSync(file);
    return code.length <= MAX_BUNDLE_BYTES && code.includes(DRIVER_MARK);
  } catch {
    return false;
  }
}

/** The files of the application that were loaded and contain the driver. */
export function loadedBundles(setupFiles: readonly string[]): string[] {
  return [...new Set([...setupFiles, ...Object.keys(require.cache)])].filter(containsDriver);
}
