import { join } from 'node:path';
import { check, type CheckResult } from './check';
import { command } from './command';
import { Findings } from './findings';
import type { Tarball } from './tarball';

const REQUIRED_FILES = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];

/** Whether a tarball has what users need, and nothing else. */
function checkContent({ files }: Tarball): Promise<void> {
  const findings = new Findings();
  const others = files.filter((file) => !/^build\/src\/.*\.(?:js|d\.ts)$/.test(file));
  findings.equal('files beside the build', others, REQUIRED_FILES);
  if (findings.defects.length > 0) {
    throw new Error(findings.defects.join('\n'));
  }
  return Promise.resolve();
}

/** Looks at the tarballs as publint and are-the-types-wrong do, and at what is in them. */
export async function checkTarballs(
  root: string,
  tarballs: readonly Tarball[],
): Promise<CheckResult[]> {
  const tool = (name: string): string => join(root, 'node_modules', '.bin', name);
  const results: CheckResult[] = [];
  for (const tarball of tarballs) {
    results.push(
      await check(`files of ${tarball.name}`, () => checkContent(tarball)),
      await check(`publint ${tarball.name}`, async () => {
        await command(root, tool('publint'), ['run', '--strict', tarball.file]);
      }),
      await check(`are the types wrong in ${tarball.name}`, async () => {
        await command(root, tool('attw'), [tarball.file]);
      }),
    );
  }
  return results;
}
