import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Check } from './check';
import { command } from './command';
import { Findings } from './findings';
import { PUBLIC_PACKAGES } from './tarball';

/**
 * Lets lerna make the next version in a clone, without a commit, a tag or a push: the changelogs come out, the versions
 * go up together, and the lock file can still be resolved.
 */
export function releaseCheck(root: string, cache: string): Check {
  return { title: 'lerna version writes the changelogs', run: () => release(root, cache) };
}

async function release(root: string, cache: string): Promise<void> {
  const clone = mkdtempSync(join(cache, 'release-'));
  try {
    await command(root, 'git', ['clone', '--quiet', '--no-tags', root, clone]);
    await command(clone, 'git', ['checkout', '--quiet', '-B', 'main']);
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
    const lerna = join(root, 'node_modules', '.bin', 'lerna');
    await command(clone, lerna, [
      'version',
      '--no-git-tag-version',
      '--no-push',
      '--yes',
      '--loglevel=error',
    ]);
    const findings = new Findings();
    const versions = new Set<string>();
    let stamped = 0;
    for (const name of PUBLIC_PACKAGES) {
      const folder = join(clone, 'packages', name);
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        readonly version: string;
      };
      versions.add(version);
      const changelog = readFileSync(join(folder, 'CHANGELOG.md'), 'utf8');
      findings.holds(`the changelog of ${name} has ${version}`, changelog.includes(version));
      for (const file of readdirSync(join(folder, 'src')).filter((entry) =>
        entry.endsWith('.ts'),
      )) {
        const source = readFileSync(join(folder, 'src', file), 'utf8');
        const [, stated] = /\bPACKAGE_VERSION = '([^']*)'/.exec(source) ?? [];
        if (stated === undefined) continue;
        stamped += 1;
        findings.equal(`PACKAGE_VERSION in ${file} of ${name}`, stated, version);
      }
    }
    findings.equal('versions', versions.size, 1);
    findings.holds('a source file states the version', stamped > 0);
    findings.raise();
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }
}
