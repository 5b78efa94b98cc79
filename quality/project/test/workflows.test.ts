import * as assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { read, readManifest, ROOT } from '../src/manifests';

const FOLDER = '.github/workflows';
const PINNED = /^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;
const COMMAND = /^npm (?:test|run ([\w:-]+))(?: -- [\w./= -]+)?$/;
/** What may write, and where: every other permission is `read`. */
const MAY_WRITE: Readonly<Record<string, readonly string[]>> = {
  'bench-comment.yml': ['pull-requests'],
  'codeql.yml': ['security-events'],
  'release.yml': ['attestations', 'contents', 'id-token'],
  'scorecard.yml': ['id-token', 'security-events'],
};

function values(text: string, key: string): string[] {
  return [...text.matchAll(new RegExp(`^ +(?:- )?${key}: (.+)$`, 'gm'))].map(([, v = '']) => v);
}

describe('workflows', () => {
  for (const file of readdirSync(path.join(ROOT, FOLDER))) {
    const text = read(path.join(FOLDER, file));

    it(`${file} pins every action to a commit, with its version in a comment`, () => {
      for (const action of values(text, 'uses')) assert.match(action, PINNED);
    });

    it(`${file} runs npm scripts that exist, and nothing else`, () => {
      const scripts = readManifest('.').scripts ?? {};
      for (const command of values(text, 'run')) {
        // The values of a matrix are those of the workflow file; no other expression may reach a shell.
        const match = COMMAND.exec(command.replaceAll(/\$\{\{ matrix\.\w+ \}\}/g, 'value'));
        assert.ok(match, command);
        assert.ok(match[1] === undefined || match[1] in scripts, command);
      }
    });

    it(`${file} gets a token that reads, and writes only where it has to`, () => {
      assert.match(text, /^permissions:\n {2}contents: read\n\n/m);
      const written = [...text.matchAll(/^ +([\w-]+): write$/gm)].map(([, name]) => name);
      assert.deepEqual(new Set(written), new Set(MAY_WRITE[file]));
      assert.doesNotMatch(text, /pull_request_target|write-all|secrets\./);
    });

    it(`${file} leaves no token behind in a checkout, and ends in time`, () => {
      const checkouts = values(text, 'uses').filter((use) => use.startsWith('actions/checkout@'));
      assert.equal(values(text, 'persist-credentials').length, checkouts.length);
      assert.equal(values(text, 'timeout-minutes').length, values(text, 'runs-on').length);
    });
  }

  it('test every supported line of Node.js on three systems', () => {
    const text = read(path.join(FOLDER, 'ci.yml'));
    assert.ok(text.includes('os: [ubuntu-latest, macos-latest, windows-latest]'));
    assert.ok(text.includes('node: [20, 22, 24, 26]'));
  });

  it('mutate every target there is', () => {
    const [, targets = ''] =
      /const TARGETS = \{([^]*?)\n\};/.exec(read('scripts/mutate.mjs')) ?? [];
    const names = [...targets.matchAll(/^ {2}'?([\w-]+)'?: \{/gm)].map(([, name]) => name);
    const [, matrix = ''] =
      /target:\s*\[([^\]]+)\]/.exec(read(path.join(FOLDER, 'mutation.yml'))) ?? [];
    assert.deepEqual(matrix.match(/[\w-]+/g), names);
  });

  it('update dependencies in folders that have a package.json', () => {
    for (const [, folder = ''] of read('.github/dependabot.yml').matchAll(/^ {6}- (\/.*)$/gm)) {
      assert.ok(existsSync(path.join(ROOT, folder, 'package.json')), folder);
    }
  });
});
