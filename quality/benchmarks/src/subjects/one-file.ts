/** The code of ours that a package loads, in one file: what loading it costs when its files cost nothing. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const REQUIRE = /\brequire\("([^"]+)"\)/g;

/** Files of this repository that `require(entry)` loads, the entry first. */
async function ownFiles(entry: string): Promise<string[]> {
  const list = `require(${JSON.stringify(entry)});
console.log(JSON.stringify(Object.keys(require.cache)));`;
  const { stdout } = await run(process.execPath, ['-e', list]);
  const loaded = JSON.parse(stdout) as string[];
  return loaded.filter((file) => !file.includes('node_modules'));
}

/** Writes the file and returns its path; everything else is required from where it is. */
export async function oneFile(module: string): Promise<string> {
  const entry = require.resolve(module);
  const files = await ownFiles(entry);
  const modules = await Promise.all(
    files.map(async (file) => {
      const resolve = createRequire(file);
      const code = (await readFile(file, 'utf8')).replaceAll(REQUIRE, (whole, name: string) => {
        if (name.startsWith('node:')) return whole;
        const target = resolve.resolve(name);
        return files.includes(target)
          ? `load(${files.indexOf(target)})`
          : `require(${JSON.stringify(target)})`;
      });
      return `(module, exports) => {${code}\n}`;
    }),
  );
  const bundle = join(await mkdtemp(join(tmpdir(), 'dbsql-otel-bench-')), 'index.js');
  await writeFile(
    bundle,
    `'use strict';
const modules = [${modules.join(',\n')}];
const loaded = [];
function load(index) {
  if (loaded[index] === undefined) {
    loaded[index] = { exports: {} };
    modules[index](loaded[index], loaded[index].exports);
  }
  return loaded[index].exports;
}
module.exports = load(${files.indexOf(entry)});
`,
  );
  return bundle;
}
