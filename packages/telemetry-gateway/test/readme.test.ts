import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, it } from 'mocha';
import { LIMITS, TIMING } from '../src/config/config';
import { parseConfig } from '../src/config/parse-config';

const FOLDER = path.resolve(__dirname, '../..');
const readme = readFileSync(path.join(FOLDER, 'README.md'), 'utf8');

function defaults(heading: string): [string, number][] {
  const section = new RegExp(`### ${heading}\n([^]*?)\n##`).exec(readme)?.[1] ?? '';
  const rows = [...section.matchAll(/^\| `(\w+)` +\| `([\d.]+)` +\|/gm)];
  return rows.map(([, name = '', value]) => [name, Number(value)]);
}

describe('README', () => {
  for (const [heading, table] of [
    ['Limits', LIMITS],
    ['Timing', TIMING],
  ] as const) {
    it(`has the options of ${heading} with their defaults`, () => {
      const expected = Object.entries<readonly number[]>(table).map(([name, [value]]) => [
        name,
        value,
      ]);
      assert.deepEqual(defaults(heading), expected);
    });
  }

  it('and deploy/ show configurations that are valid', () => {
    const [, example = ''] = /```yaml\n([^]*?)```/.exec(readme) ?? [];
    const manifest = readFileSync(path.join(FOLDER, 'deploy/kubernetes.yaml'), 'utf8');
    const [, ofManifest = ''] = /gateway\.yaml: \|\n([^]*?)\n---/.exec(manifest) ?? [];
    const file = readFileSync(path.join(FOLDER, 'deploy/gateway.yaml'), 'utf8');
    for (const text of [example, file, ofManifest.replace(/^ {4}/gm, '')]) {
      assert.ok('config' in parseConfig(text, {}), text);
    }
  });
});
