import * as assert from 'node:assert/strict';
import { manifestFolders, readManifest } from '../src/manifests';

/**
 * npm starts scripts with `sh` or with `cmd.exe`. Both read words and `&&` alike; quotes, variables, globs, redirections
 * and assignments they do not, nor has Windows the commands of a POSIX system.
 */
const PORTABLE = /^[\w@:./=-]+(?: [\w@:./=-]+)*(?: && [\w@:./=-]+(?: [\w@:./=-]+)*)*$/;
const COMMANDS = new Set([
  'node',
  'npm',
  'tsc',
  'c8',
  'mocha',
  'oxlint',
  'prettier',
  'knip',
  'publint',
  'attw',
  'lerna',
]);

function isPortable(script: string): boolean {
  return (
    PORTABLE.test(script) &&
    script.split(' && ').every((command) => COMMANDS.has(command.split(' ')[0] ?? ''))
  );
}

describe('npm scripts', () => {
  it('count as portable only without shell features', () => {
    for (const script of [
      'CI=true node a.js',
      'node a.js | tee log',
      'node a.js > log',
      'node a.js; node b.js',
      'node a.js & node b.js',
      'node a.js || node b.js',
      'node $HOME/a.js',
      'node %HOME%/a.js',
      "mocha 'test/*.js'",
      'mocha test/*.js',
      'rm -rf build',
      'node a.js && cp a b',
      './scripts/a.sh',
      'bash a.sh',
      'node `which a`',
      'node a.js\nnode b.js',
    ]) {
      assert.equal(isPortable(script), false, script);
    }
    assert.equal(isPortable('node scripts/setup.cjs && c8 mocha && lerna publish --yes'), true);
  });

  for (const folder of manifestFolders()) {
    for (const [name, script] of Object.entries(readManifest(folder).scripts ?? {})) {
      it(`${folder}: ${name} uses no shell feature`, () => {
        assert.ok(isPortable(script), script);
      });
    }
  }
});
