import * as assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

const ROOT = path.resolve(__dirname, '../../..');
const PAGE = readFileSync(path.join(ROOT, 'docs/architecture.md'), 'utf8');
/** A path, and the names that its file exports. */
const REFERENCE = /`([\w./-]+\/[\w./-]*)`(?: \(((?:`\w+`(?:, )?)+)\))?/g;

/** The sections of the page that describe one package each, by its folder. */
const SECTIONS = new Map(
  PAGE.split(/^### /m)
    .slice(1)
    .map((section): [string, string] => [/`([^`]+)`/.exec(section)?.[1] ?? '', section]),
);

function isExported(source: string, name: string): boolean {
  return new RegExp(
    `^export (?:abstract )?(?:class|const|function|interface|type) ${name}\\b`,
    'm',
  ).test(source);
}

describe('docs/architecture.md', () => {
  for (const [folder, section] of SECTIONS) {
    it(`lists folders of ${folder} that exist`, () => {
      const [, tree = ''] = /```text\n([^`]*)```/.exec(section) ?? [];
      const folders = tree.split('\n').flatMap((line) => line.split(/\s/, 1).filter(Boolean));
      assert.notEqual(folders.length, 0);
      for (const name of folders) assert.ok(existsSync(path.join(ROOT, folder, name)), name);
    });

    it(`names files of ${folder} that exist and export what the row says`, () => {
      const rows = section
        .split('\n')
        .filter((line) => line.startsWith('| '))
        .slice(1);
      const references = rows.flatMap((row) => [...row.matchAll(REFERENCE)]);
      assert.ok(references.length >= rows.length, 'each row names a file');
      for (const [, file = '', names = ''] of references) {
        const target = path.join(ROOT, folder, file);
        assert.ok(existsSync(target), file);
        const exported = [...names.matchAll(/\w+/g)].map(String);
        if (exported.length === 0) continue;
        const source = readFileSync(target, 'utf8');
        for (const name of exported) assert.ok(isExported(source, name), `${file} exports ${name}`);
      }
    });
  }

  it('describes both published packages', () => {
    assert.ok(SECTIONS.has('packages/instrumentation-databricks-sql'));
  });
});
