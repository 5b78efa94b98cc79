import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stepsOfWalk } from '../src/readme/follow';
import { sectionOf, stepsOf } from '../src/readme/section';
import { WALKS } from '../src/readme/walks';

const ROOT = resolve(__dirname, '..', '..', '..', '..');

describe('steps of a README', () => {
  it('are its npm install commands, the files its text names, and its node commands, in order', () => {
    const section = [
      '```sh',
      'npm install a@1 \\',
      '  b',
      '```',
      'Save this as `tracing.mjs`:',
      '',
      '<!-- snippet: examples/tracing.mjs -->',
      '',
      '```js',
      'start();',
      '```',
      '',
      'Another way:',
      '',
      '<!-- snippet: examples/other.mjs -->',
      '',
      '```js',
      'other();',
      '```',
      '',
      '```sh',
      'node --import ./tracing.mjs app.mjs',
      '```',
    ].join('\n');
    assert.deepStrictEqual(stepsOf(section), [
      { kind: 'install', packages: ['a@1', 'b'] },
      { kind: 'save', file: 'tracing.mjs', content: 'start();\n' },
      { kind: 'run', command: ['--import', './tracing.mjs', 'app.mjs'] },
    ]);
  });

  it('end with the section', () => {
    assert.strictEqual(sectionOf('# A\n\n## B\n\nb\n\n### C\n\nc\n', '## B'), '\n\nb\n\n');
    assert.throws(() => sectionOf('# A\n', '## B'), /no section/);
  });

  for (const walk of WALKS.filter(({ packageManager }) => packageManager === 'npm')) {
    it(`${walk.document}, ${walk.headings.join(', ')}: install, save, run`, () => {
      const document = readFileSync(join(ROOT, walk.document), 'utf8');
      const kinds = stepsOfWalk(document, walk).map(({ kind }) => kind);
      for (const kind of ['install', 'save', 'run'] as const) {
        assert.ok(kinds.includes(kind), `no step ${kind} among ${kinds.join(', ')}`);
      }
    });
  }
});
