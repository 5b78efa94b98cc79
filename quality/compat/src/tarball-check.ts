import { join } from 'node:path';
import type { Check } from './check';
import { command } from './command';
import { Findings } from './findings';
import type { Tarball } from './tarball';

const REQUIRED_FILES = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];

/** Whether a tarball has what users need, and nothing else. */
async function checkContent({ files }: Tarball): Promise<void> {
  const findings = new Findings();
  const others = files.filter((file) => !/^build\/src\/.*\.(?:js|d\.ts)$/.test(file));
  findings.equal('files beside the build', others, REQUIRED_FILES);
  findings.raise();
}

/** Looks at the tarballs as publint and are-the-types-wrong do, and at what is in them. */
export function tarballChecks(root: string, tarballs: readonly Tarball[]): Check[] {
  const tool = (name: string): string => join(root, 'node_modules', '.bin', name);
  return tarballs.flatMap((tarball) => [
    { title: `files of ${tarball.name}`, run: () => checkContent(tarball) },
    {
      title: `publint ${tarball.name}`,
      run: async () => {
        await command(root, tool('publint'), ['run', '--strict', tarball.file]);
      },
    },
    {
      title: `are the types wrong in ${tarball.name}`,
      run: async () => {
        await command(root, tool('attw'), [tarball.file]);
      },
    },
  ]);
}
