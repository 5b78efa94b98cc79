// Times the SQL readers: a usual query, and whether the time grows in line with the length of the text.
// Run after the build: node quality/benchmarks/sql.cjs
'use strict';

const {
  readQuery,
  sanitizeQuery,
  summarizeQuery,
} = require('../../packages/instrumentation-databricks-sql/build/src/sql/query.js');
const {
  sanitizeTokens,
} = require('../../packages/instrumentation-databricks-sql/build/src/sql/text/sanitizer.js');
const {
  summarizeTokens,
} = require('../../packages/instrumentation-databricks-sql/build/src/sql/summary/summarizer.js');
const {
  tokenize,
} = require('../../packages/instrumentation-databricks-sql/build/src/sql/tokens/tokenizer.js');
const {
  TokenList,
} = require('../../packages/instrumentation-databricks-sql/build/src/sql/tokens/token-list.js');

const NS_PER_US = 1_000;
const MIN_ROUND_US = 10_000;
const ROUNDS = 25;
const GROWTH_LIMIT = 2.3;
const SIZES = [62_500, 125_000, 250_000, 500_000];

const QUERY =
  'SELECT o.id, o.total, c.name FROM main.sales.orders o JOIN main.sales.customers c ON o.customer_id = c.id ' +
  "WHERE o.status = 'open' AND o.total > 100.5 AND c.region IN ('eu', 'us') ORDER BY o.total DESC";

/** Texts by unit: usual SQL, and what makes a reader look ahead, look back, nest or give up. */
const UNITS = {
  'usual SQL': `${QUERY}; `,
  quotes: "'",
  'doubled quotes': "''",
  'backslashes in a string': "'\\",
  'back quotes': '`',
  parentheses: '(',
  'nested queries': '(SELECT a FROM ',
  'nested comments': '/* ',
  comments: '/**/',
  'line comments': '--a\n',
  dollars: '$a$b',
  variables: '${',
  'open IN lists': 'IN (1, ',
  'open rows': 'VALUES (1), (',
  'IN without a list': 'IN ',
  'SET without a value': '; SET a ',
  'SET after comments': '/**/SET ',
  'common table expressions': 'WITH a AS (SELECT 1), ',
  'open column lists': 'WITH a (b, ',
  recursion: 'WITH RECURSIVE a ',
  'dotted names': 'a.',
  'from lists': 'SELECT a FROM b, ',
  'GRANT without ON': 'GRANT ',
  strings: "'a' ",
  signs: '+-',
  'letters outside ASCII': 'é',
  'astral letters': '𝒜',
  'blanks outside ASCII': '\u00a0a',
};

/**
 * Nanoseconds of processor time of the fastest of the rounds, each repeated until it can be timed: what other processes
 * take does not count, though what they do to the caches does.
 */
function fastest(run, rounds = ROUNDS) {
  let repeat = 1;
  let best = Infinity;
  for (let round = 0; round < rounds;) {
    const start = process.cpuUsage().user;
    for (let i = 0; i < repeat; i++) run();
    const elapsedUs = process.cpuUsage().user - start;
    if (elapsedUs < MIN_ROUND_US) {
      repeat *= 2;
    } else {
      best = Math.min(best, (elapsedUs * NS_PER_US) / repeat);
      round++;
    }
  }
  return best;
}

function report(what, ns) {
  console.log(`  ${what.padEnd(34)}${ns.toFixed(0).padStart(7)} ns`);
}

function usualQuery() {
  const tokens = new TokenList(QUERY.length);
  console.log(`usual query of ${QUERY.length} characters`);
  const read = () => {
    tokenize(QUERY, tokens);
    sanitizeTokens(tokens, false, 8_192);
    return summarizeTokens(tokens);
  };
  const codes = () => {
    let sum = 0;
    for (let i = 0; i < QUERY.length; i++) sum = (sum * 31 + QUERY.charCodeAt(i)) | 0;
    return sum;
  };
  report('sanitized and summarized', fastest(read));
  report(
    '  tokens',
    fastest(() => tokenize(QUERY, tokens)),
  );
  report(
    '  text',
    fastest(() => sanitizeTokens(tokens, false, 8_192)),
  );
  report(
    '  summary',
    fastest(() => summarizeTokens(tokens)),
  );
  report(
    'from the cache',
    fastest(() => readQuery(QUERY)),
  );
  report('a charCodeAt loop, to compare', fastest(codes));
}

/** Beyond 64 kB nothing is read; the readers themselves are timed past that bound, up to 0.5 MB. */
function growth() {
  console.log(
    `time for twice the text, from ${SIZES.at(0)} up to ${SIZES.at(-1)} characters, and ms for the last`,
  );
  let worst = 0;
  for (const [name, unit] of Object.entries(UNITS)) {
    const times = SIZES.map((size) => {
      const text = unit.repeat(Math.ceil(size / unit.length)).slice(0, size);
      const tokens = new TokenList(size);
      return fastest(() => {
        tokenize(text, tokens);
        sanitizeTokens(tokens, false, 8_192);
        summarizeTokens(tokens);
      }, 5);
    });
    const ratios = times.slice(1).map((time, i) => time / times[i]);
    worst = Math.max(worst, ...ratios);
    const shown = ratios.map((ratio) => ratio.toFixed(2)).join('  ');
    console.log(`  ${name.padEnd(34)}${shown}  ${(times.at(-1) / 1e6).toFixed(1).padStart(6)} ms`);
  }
  console.log(`  worst ${worst.toFixed(2)}, limit ${GROWTH_LIMIT}`);
  const whole = `${QUERY}; `.repeat(1_000_000 / QUERY.length);
  const perMegabyte = fastest(() => sanitizeQuery(whole) + summarizeQuery(whole), 7);
  console.log(`  1 MB through the bound: ${(perMegabyte / NS_PER_US).toFixed(0)} µs`);
}

usualQuery();
growth();
