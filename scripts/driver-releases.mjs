// Installs releases and builds of the driver on demand, each into a folder of its own below .drivers.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const DRIVER = path.join('node_modules', '@databricks', 'sql');
const FLAGS = [
  '--no-save',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  '--ignore-scripts',
  '--omit=optional',
  '--install-links',
];
const KERNEL = '@databricks/databricks-sql-kernel-linux-x64-gnu';
/** A release of the future: the newest one under another number. */
const RELABELED = { '3.0.0': '2.1.0' };

/** Every release from the lowest supported one, and one of the future. */
export const RELEASES = [
  '1.7.1',
  '1.8.1',
  '1.8.2',
  '1.8.4',
  '1.9.0',
  '1.10.0',
  '1.11.0',
  '1.12.0',
  '1.13.0',
  '1.14.0',
  '1.15.0',
  '1.16.0',
  '1.17.0',
  '2.0.0',
  '2.1.0',
  ...Object.keys(RELABELED),
];

/** @returns the folder whose node_modules has the release */
export function installRelease(version) {
  const folder = path.join(root, '.drivers', version);
  if (manifestIn(folder)?.version === version) return folder;
  const original = RELABELED[version];
  if (original === undefined) install(folder, `@databricks/sql@${version}`);
  else relabel(installRelease(original), folder, version);
  return folder;
}

/**
 * Installs a build of the driver as npm would publish it: from its own folder, or from a folder in whose node_modules it
 * is.
 * @returns the folder whose node_modules has it
 */
export function installBuild(given) {
  const own = path.resolve(given);
  const installed = path.join(own, DRIVER);
  const source = existsSync(path.join(installed, 'package.json')) ? installed : own;
  const manifest = readManifest(path.join(source, 'package.json'));
  if (manifest?.name !== '@databricks/sql') throw new Error(`there is no driver in ${given}`);
  if (!existsSync(path.join(source, manifest.main ?? 'dist/index.js'))) {
    throw new Error(`the driver in ${given} is not built: run its build first`);
  }
  const name = createHash('sha256').update(source).digest('hex').slice(0, 12);
  const folder = path.join(root, '.drivers', `build-${name}`);
  rmSync(folder, { recursive: true, force: true });
  install(folder, source);
  return folder;
}

/** The package.json of the driver in the node_modules of a folder. */
export function manifestIn(folder) {
  return readManifest(path.join(folder, DRIVER, 'package.json'));
}

function readManifest(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/**
 * Without the optional dependencies: the `lz4` of the 1.x line needs a compiler, and throws at load without it. The
 * native kernel is one of them, and comes with those releases that have it, where it is made for the machine.
 */
function install(folder, driver) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  npmInstall(folder, driver);
  const { dependencies, optionalDependencies } = manifestIn(folder);
  const kernel = optionalDependencies?.[KERNEL];
  if (kernel !== undefined && process.platform === 'linux' && process.arch === 'x64') {
    npmInstall(folder, driver, `${KERNEL}@${kernel}`);
  }
  if (dependencies?.lz4 !== undefined) replaceLz4(path.join(folder, 'node_modules', 'lz4'));
}

/** 1.8.1 and 1.8.2 cannot be loaded without `lz4`: its part that they use, made of the module that this repository installs. */
function replaceLz4(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(
    path.join(folder, 'index.js'),
    "exports.decode = (frame) => require('lz4-napi').decompressFrameSync(frame);\n",
  );
}

function npmInstall(folder, ...packages) {
  // npm is a batch file on Windows, which only a shell starts.
  const { status } = spawnSync('npm', ['install', ...FLAGS, ...packages], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm could not install ${packages.join(' ')}`);
}

function relabel(from, to, version) {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  const driver = path.join(to, DRIVER);
  for (const name of ['package.json', 'dist/version.js']) {
    const file = path.join(driver, name);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(manifestIn(from).version, version));
  }
}
