import * as assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { publishedFolders, read, readManifest, ROOT } from '../src/manifests';

const FOLDER = 'docs/opentelemetry';
/** Keys and values that the schema of the registry accepts, as far as our entries use them. */
const KEYS = new Set([
  'title',
  'registryType',
  'language',
  'tags',
  'license',
  'description',
  'authors',
  'urls',
  'createdAt',
  'package',
  'isNative',
  'isFirstParty',
]);
const REQUIRED = ['title', 'description', 'urls', 'authors'];
const TYPES = new Set(['instrumentation', 'exporter', 'processor', 'extension', 'utilities']);

function keys(entry: string): string[] {
  return [...entry.matchAll(/^(\w+):/gm)].map(([, key = '']) => key);
}

function value(entry: string, key: string): string | undefined {
  return new RegExp(`^ *(?:- )?${key}: '?([^'\\n]+)'?$`, 'm').exec(entry)?.[1];
}

describe('entries of the OpenTelemetry registry', () => {
  const files = readdirSync(path.join(ROOT, FOLDER)).filter((file) => file.endsWith('.yml'));

  it('are one for each published package of OpenTelemetry, at its version', () => {
    const entries = files.map((file) => read(path.join(FOLDER, file)));
    const listed = entries.map((entry) => {
      const [, about = ''] = entry.split(/^package:\n/m);
      return [value(about, 'name'), value(about, 'version')];
    });
    const published = publishedFolders()
      .map((folder) => readManifest(folder))
      .filter(({ keywords }) => keywords?.includes('opentelemetry') === true)
      .map(({ name, version }) => [name, version]);
    assert.deepEqual(
      new Map(listed as [string, string][]),
      new Map(published as [string, string][]),
    );
  });

  for (const file of files) {
    const entry = read(path.join(FOLDER, file));

    it(`${file} has the fields that the registry requires, and no others than it knows`, () => {
      assert.deepEqual(
        keys(entry).filter((key) => !KEYS.has(key)),
        [],
      );
      for (const key of REQUIRED) assert.ok(keys(entry).includes(key), key);
      assert.ok(TYPES.has(value(entry, 'registryType') ?? ''));
      assert.equal(value(entry, 'language'), 'js');
      assert.match(value(entry, 'createdAt') ?? '', /^\d{4}-\d{2}-\d{2}$/);
    });

    it(`${file} names an author with an address, and not OpenTelemetry`, () => {
      const [, authors = ''] = /^authors:\n((?: .*\n)+)/m.exec(entry) ?? [];
      assert.doesNotMatch(authors, /OpenTelemetry/);
      assert.match(authors, /^ +url: https:\/\//m);
    });

    it(`${file} links to folders and files that exist`, () => {
      for (const [, target = ''] of entry.matchAll(/(?:tree|blob)\/main\/(\S+)$/gm)) {
        assert.ok(
          readdirSync(path.join(ROOT, path.dirname(target))).includes(path.basename(target)),
        );
      }
    });
  }
});
