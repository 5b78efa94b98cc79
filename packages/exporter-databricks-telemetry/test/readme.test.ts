import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, it } from 'mocha';
import {
  CIRCUIT_BREAKER_OPTIONS,
  EXPORTER_OPTIONS,
  PROCESSOR_OPTIONS,
  RETRY_OPTIONS,
} from '../src/config';

const readme = readFileSync(path.resolve(__dirname, '../../README.md'), 'utf8');

/** First and second column of the table beneath a heading, code marks removed. */
function table(heading: string): [string, string][] {
  const section = new RegExp(`## ${heading}\n([^]*?)\n## `).exec(readme)?.[1] ?? '';
  const lines = [...section.matchAll(/^\| `([\w.]+)` +\| (.*?) +\|/gm)];
  return lines.map(([, name = '', value = '']) => [name, value.replaceAll('`', '')]);
}

/** The rows that an option table makes. */
function rows(options: Readonly<Record<string, { default: unknown }>>, prefix = ''): string[][] {
  return Object.entries(options).map(([name, { default: value }]) => [
    prefix + name,
    value === undefined ? '–' : typeof value === 'string' ? `'${value}'` : JSON.stringify(value),
  ]);
}

describe('README', () => {
  it('has the options of the processor with their defaults', () => {
    assert.deepEqual(table('Options of the span processor'), rows(PROCESSOR_OPTIONS));
  });

  it('has the options of the exporter with their defaults', () => {
    assert.deepEqual(table('Options of the exporter'), [
      ...rows(EXPORTER_OPTIONS),
      ...rows(RETRY_OPTIONS, 'retry.'),
      ...rows(CIRCUIT_BREAKER_OPTIONS, 'circuitBreaker.'),
    ]);
  });
});
