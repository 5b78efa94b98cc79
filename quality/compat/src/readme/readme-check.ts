import { join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { NODE_RELEASES } from '../axes';
import { cachedFolder, contentHash } from '../cached-folder';
import type { Check } from '../check';
import { npm } from '../command';
import { manifest } from '../installation';
import { nodeBinary } from '../node-binary';
import type { Tarball } from '../tarball';
import { follow } from './follow';
import { WALKS } from './walks';
import type { Walk } from './walks';

const PNPM_VERSION = '10.34.8';

/** Every README does what it says when it is followed to the letter, with the packed tarballs, in an empty folder. */
export function readmeChecks(root: string, cache: string, tarballs: readonly Tarball[]): Check[] {
  let pnpm: Promise<string> | undefined;
  return WALKS.map((walk) => ({
    title: titleOf(walk),
    run: async () => {
      const node = (await nodeBinary(cache, NODE_RELEASES[walk.node] ?? '')) ?? process.execPath;
      pnpm ??= installPnpm(cache);
      await follow(walk, { root, tarballs, node, pnpm: await pnpm });
    },
  }));
}

function titleOf({ document, headings, packageManager, node, sights }: Walk): string {
  const sections = headings.map((heading) => heading.replace(/^#+ /, '')).join(', ');
  return `${document}, ${sections}: ${sights.join(' and ')}, with ${packageManager} on Node.js ${node}`;
}

async function installPnpm(cache: string): Promise<string> {
  const folder = join(cache, 'pnpm');
  const content = manifest({ pnpm: PNPM_VERSION });
  mkdirSync(cache, { recursive: true });
  await cachedFolder(folder, contentHash(content), async (draft) => {
    writeFileSync(join(draft, 'package.json'), content);
    await npm(draft, 'install', '--ignore-scripts', '--prefer-offline');
  });
  return join(folder, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs');
}
