// The names of semconv.ts with their docstrings.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const SEMCONV = path.join(__dirname, '../packages/instrumentation-databricks-sql/src/semconv.ts');
const CONSTANT = /(?:\/\*\*((?:[^*]|\*(?!\/))*)\*\/\n)?export const (\w+) =\s*'([^']+)';/g;

/** Every string constant in the order of the file; `meaning` is its docstring on one line. */
function semconvNames() {
  const source = fs.readFileSync(SEMCONV, 'utf8');
  return [...source.matchAll(CONSTANT)].map(([, docstring, constant, name]) => ({
    constant,
    name,
    meaning: (docstring ?? '').replace(/\s*\n\s*\* ?/g, ' ').trim(),
  }));
}

/**
 * The values that the type documented as the closed list of an attribute spells out; empty where it refers to constants,
 * `undefined` for an attribute that has no such type.
 */
function semconvValues(attribute) {
  const source = fs.readFileSync(SEMCONV, 'utf8');
  const start = source.indexOf(`closed list of values of \`${attribute}\``);
  if (start < 0) return undefined;
  const union = source.slice(start, source.indexOf(';', start));
  return [...union.matchAll(/'([^']+)'/g)].map(([, value]) => value);
}

module.exports = { semconvNames, semconvValues };
