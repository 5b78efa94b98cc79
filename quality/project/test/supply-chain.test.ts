import * as assert from 'node:assert/strict';
import { installation } from '../src/installation';
import { publishedFolders, read, readManifest } from '../src/manifests';

/** Licenses that ask for no more than their notice. */
const LICENSES = new Set(['Apache-2.0', 'MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']);

/** Looks for the binary in the package, and finds it on every platform that we support: it is not needed. */
const NEEDLESS_SCRIPTS = new Map([['@dbsql-otel/telemetry-gateway', ['classic-level']]]);

/** The rows of the table that docs/supply-chain.md has below the package's name: name and license. */
function documented(name: string): string[][] {
  const section = read('docs/supply-chain.md')
    .split(/^## /m)
    .find((part) => part.startsWith(`\`${name}\`\n`));
  return [...(section ?? '').matchAll(/^\| `([^`]+)`\s+\| ([\w.-]+)\s+\|/gm)].map((row) => [
    row[1] ?? '',
    row[2] ?? '',
  ]);
}

describe('supply chain', () => {
  it('has a section for each published package', () => {
    const sections = [...read('docs/supply-chain.md').matchAll(/^## `(@.+)`$/gm)];
    assert.deepEqual(
      new Set(sections.map(([, name]) => name)),
      new Set(publishedFolders().map((folder) => readManifest(folder).name)),
    );
  });

  for (const folder of publishedFolders()) {
    const { name } = readManifest(folder);
    const installed = installation(folder);

    it(`${name} brings the packages that the documentation lists, under the licenses it lists`, () => {
      assert.deepEqual(
        installed.map((part) => [part.name, part.license]),
        documented(name),
      );
    });

    it(`${name} brings permissive licenses only`, () => {
      assert.deepEqual(
        installed.filter(({ license }) => !LICENSES.has(license)),
        [],
      );
    });

    it(`${name} brings no install script that it needs`, () => {
      assert.deepEqual(
        installed.filter(({ hasInstallScript }) => hasInstallScript).map((part) => part.name),
        NEEDLESS_SCRIPTS.get(name) ?? [],
      );
      const lifecycle = Object.keys(readManifest(folder).scripts ?? {});
      assert.deepEqual(
        lifecycle.filter((script) => /^(pre|post)?install$|^prepare$/.test(script)),
        [],
      );
    });
  }
});
