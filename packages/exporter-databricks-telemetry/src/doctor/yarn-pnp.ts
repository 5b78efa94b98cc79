import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import * as path from 'node:path';

/** The parts of Yarn's PnP API that are used. */
interface PnpApi {
  getDependencyTreeRoots(): readonly Locator[];
  getPackageInformation(locator: Locator): PackageInformation | null;
}

interface Locator {
  readonly name: string | null;
  readonly reference: string | null;
}

interface PackageInformation {
  readonly packageLocation: string;
  readonly packageDependencies: ReadonlyMap<string, string | readonly [string, string] | null>;
}

/** Whether the project has no `node_modules`, and this process cannot resolve its packages. */
export function needsYarn(folder: string): boolean {
  if (process.versions['pnp'] !== undefined) return false;
  for (let current = folder; ; current = path.dirname(current)) {
    if (existsSync(path.join(current, 'node_modules'))) return false;
    if (existsSync(path.join(current, '.pnp.cjs'))) return true;
    if (path.dirname(current) === current) return false;
  }
}

/** The folders of all copies of a package under Yarn PnP; `undefined` without it. */
export function pnpCopies(name: string, from: string): string[] | undefined {
  if (process.versions['pnp'] === undefined || !('findPnpApi' in nodeModule)) return undefined;
  const find = nodeModule.findPnpApi as (lookup: string) => PnpApi | null;
  const api = find(from + path.sep);
  if (api === null) return undefined;
  const folders = new Set<string>();
  const seen = new Set<string>();
  const pending = [...api.getDependencyTreeRoots()];
  for (let locator = pending.pop(); locator !== undefined; locator = pending.pop()) {
    const key = JSON.stringify([locator.name, locator.reference]);
    const information = seen.has(key) ? null : api.getPackageInformation(locator);
    seen.add(key);
    if (information === null) continue;
    if (locator.name === name) folders.add(information.packageLocation);
    for (const [dependency, target] of information.packageDependencies) {
      if (target === null) continue;
      pending.push(
        typeof target === 'string'
          ? { name: dependency, reference: target }
          : { name: target[0], reference: target[1] },
      );
    }
  }
  return [...folders];
}
