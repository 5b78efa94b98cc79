import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { documentedInstalls, installsIn } from '../src/documented-installs';

describe('documented npm install commands', () => {
  it('are read with their continuation lines and without their flags', () => {
    const text = [
      '```sh',
      'npm install --save-exact a@1 \\',
      '  @b/c@^2 d',
      '```',
      'Then `npm install` and so on.',
      'npm install e',
    ].join('\n');
    assert.deepStrictEqual(installsIn(text), [['a@1', '@b/c@^2', 'd'], ['e']]);
  });

  it('stand in the README and install packages of ours', () => {
    const installs = documentedInstalls(resolve(__dirname, '..', '..', '..', '..'));
    const readme = installs.filter(({ document }) => document === 'README.md');
    assert.ok(
      readme.some(({ packages }) => packages.some((name) => name.startsWith('@dbsql-otel/'))),
    );
  });
});
