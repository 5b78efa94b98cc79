import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { problem } from './finding';
import type { Finding } from './finding';
import { findPackage, installCommand, readPackage } from './project';
import { satisfies } from './version';

/** How Node.js loads a setup before the application. */
export interface SetupLoading {
  /** The arguments, as a user writes them. */
  readonly shown: readonly string[];
  /** The arguments, for a process in the application's folder. */
  readonly execArgv: readonly string[];
}

const TYPESCRIPT = /\.[cm]?tsx?$/;
/** From these on Node.js runs TypeScript without a flag. */
const NATIVE_TYPESCRIPT = '>=22.18.0';

/** The flags that let the process load TypeScript, or `undefined` when nothing does. */
function typescriptFlags(folder: string): readonly string[] | undefined {
  if (findPackage('tsx', folder) !== undefined) return ['--import', 'tsx'];
  if (findPackage('ts-node', folder) !== undefined) return ['--require', 'ts-node/register'];
  const isNative =
    satisfies(process.versions.node, NATIVE_TYPESCRIPT) &&
    !/^23\.[0-5]\./.test(process.versions.node);
  return isNative ? [] : undefined;
}

/** `--require` for CommonJS, `--import` for what may be an ES module. */
function flagFor(file: string, folder: string): '--require' | '--import' {
  const extension = path.extname(file);
  const isEsm = readPackage(folder)?.manifest['type'] === 'module';
  const isCommonJs =
    extension === '.cjs' || extension === '.cts' || (['.js', '.ts'].includes(extension) && !isEsm);
  return isCommonJs ? '--require' : '--import';
}

function resolves(setup: string, folder: string): boolean {
  try {
    createRequire(path.join(folder, 'package.json')).resolve(setup);
    return true;
  } catch {
    return false;
  }
}

/** How `setup`, a file or a package, is loaded; a problem when it cannot be. */
export function loadingOf(setup: string, folder: string): SetupLoading | Finding {
  const file = path.resolve(folder, setup);
  if (!existsSync(file)) {
    // `@scope/package/register` and the like.
    return !/^[./]/.test(setup) && resolves(setup, folder)
      ? { shown: ['--import', setup], execArgv: ['--import', setup] }
      : problem(`there is no file ${setup}`, 'give --setup the file or the package you start with');
  }
  const shown = relativeTo(folder, file);
  let flag = flagFor(file, folder);
  let loader: readonly string[] = [];
  if (TYPESCRIPT.test(file)) {
    const flags = typescriptFlags(folder);
    if (flags === undefined) {
      return problem(
        `Node.js ${process.versions.node} does not run TypeScript (${setup})`,
        `${installCommand(folder, 'tsx')} and start with node --import tsx --import ${shown}, or give --setup the compiled file`,
      );
    }
    loader = flags;
    if (flags.includes('tsx')) flag = '--import';
  }
  return {
    shown: [...loader, flag, shown],
    execArgv: [...loader, flag, flag === '--import' ? pathToFileURL(file).href : file],
  };
}

function relativeTo(folder: string, file: string): string {
  const relative = path.relative(folder, file);
  return relative.startsWith('..') ? relative : `./${relative}`;
}

/** The arguments that a project without a known setup starts with. */
export function suggestedLoading(folder: string): readonly string[] {
  const isEsm = readPackage(folder)?.manifest['type'] === 'module';
  return isEsm ? ['--import', './tracing.mjs'] : ['--require', './tracing.cjs'];
}
