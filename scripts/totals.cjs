// Prints the sum of mocha's totals found in the logs given as arguments: `N passed, N failed[, N skipped]`.
'use strict';

const fs = require('node:fs');

/** How often mocha's summary says `word`, summed over all runs in the logs. */
function total(logs, word) {
  const line = new RegExp(`^\\s+(\\d+) ${word}`, 'gm');
  return logs.reduce(
    (sum, log) => [...log.matchAll(line)].reduce((inner, match) => inner + Number(match[1]), sum),
    0,
  );
}

const logs = process.argv.slice(2).map((file) => fs.readFileSync(file, 'utf8'));
const skipped = total(logs, 'pending');
const suffix = skipped > 0 ? `, ${skipped} skipped` : '';
console.log(`${total(logs, 'passing')} passed, ${total(logs, 'failing')} failed${suffix}`);
