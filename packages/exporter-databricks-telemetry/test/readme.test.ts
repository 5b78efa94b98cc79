import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, it } from 'mocha';
import { PROCESSOR_OPTIONS } from '../src/config';

const PACKAGE = path.resolve(__dirname, '../..');
const readme = readFileSync(path.join(PACKAGE, 'README.md'), 'utf8');

/** First and second column of the table beneath a heading, code marks removed. */
function table(heading: string): Map<string, string> {
  const section = new RegExp(`## ${heading}\n([^]*?)\n## `).exec(readme)?.[1] ?? '';
  const rows = [...section.matchAll(/^\| `(\w+)` +\| (.*?) +\|/gm)];
  return new Map(rows.map(([, name = '', value = '']) => [name, value.replaceAll('`', '')]));
}

describe('README', () => {
  it('has the options of the processor with their defaults', () => {
    const expected = Object.entries(PROCESSOR_OPTIONS).map(([name, option]) => [
      name,
      String(option.default),
    ]);
    assert.deepEqual([...table('Options of the span processor')], expected);
  });

  it('has the options of the exporter', () => {
    const source = readFileSync(path.join(PACKAGE, 'src/config.ts'), 'utf8');
    const properties = (name: string): string[] => {
      const body = new RegExp(`export interface ${name}[^{]*\\{([^]*?)\n\\}`).exec(source)?.[1];
      return [...(body ?? '').matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, key = '']) => key);
    };
    const expected = [
      ...properties('StaticCredentials'),
      ...properties('DatabricksTelemetryExporterOptions'),
    ];
    assert.ok(expected.length > 10);
    assert.deepEqual(new Set(table('Options of the exporter').keys()), new Set(expected));
  });
});
