import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { readPackage } from './project';

/** The files that `package.json` starts: its entry point, its programs, and what its start script runs. */
export function startedFiles(folder: string): string[] {
  const manifest = readPackage(folder)?.manifest ?? {};
  const { main, bin, scripts } = manifest;
  const start: unknown =
    typeof scripts === 'object' && scripts !== null ? Reflect.get(scripts, 'start') : undefined;
  const words = typeof start === 'string' ? start.split(/\s+/) : [];
  const programs = typeof bin === 'object' && bin !== null ? Object.values(bin) : [bin];
  return [main, ...programs, ...words]
    .filter((name): name is string => typeof name === 'string' && /\.[cm]?js$/.test(name))
    .map((name) => path.resolve(folder, name))
    .filter((file) => existsSync(file));
}
