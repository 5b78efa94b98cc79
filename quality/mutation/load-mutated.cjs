// Loads the mutated files before any test does. Some are loaded at first use, which is in a test: Stryker would take what
// they do while they load for a matter of that test alone.
'use strict';

const { readdirSync } = require('node:fs');
const path = require('node:path');

for (const pattern of (process.env.MUTATED_FILES ?? '').split(',')) {
  const [file] = pattern.split(':');
  const [start, end] = path.basename(file).split('*');
  const folder = path.resolve(path.dirname(file));
  for (const name of readdirSync(folder)) {
    const isMutated =
      end === undefined ? name === start : name.startsWith(start) && name.endsWith(end);
    if (isMutated) require(path.join(folder, name));
  }
}
