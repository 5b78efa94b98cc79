// Report and reference of the public API. Both tools need an older TypeScript, hence a folder of their own.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const api = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../quality/api');

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: api, stdio: 'inherit', ...options }).status ?? 1;
}

const isInstalled = existsSync(path.join(api, 'node_modules/typedoc'));
// npm is a batch file on Windows, which only a shell starts.
const installed = isInstalled ? 0 : run('npm ci --no-audit --no-fund', [], { shell: true });
process.exitCode =
  installed === 0
    ? run(process.execPath, [path.join(api, 'main.mjs'), ...process.argv.slice(2)])
    : installed;
