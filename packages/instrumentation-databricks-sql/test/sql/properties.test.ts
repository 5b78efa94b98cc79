import * as assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { sanitizeQuery, summarizeQuery } from '../../src/sql/query';
import { tokenize } from '../../src/sql/tokens/tokenizer';
import { TokenList } from '../../src/sql/tokens/token-list';

/** Programs per property; the nightly run uses 100,000. */
const RUNS = Number(process.env['FAST_CHECK_RUNS'] ?? 2_000);
const MAX_SUMMARY_LENGTH = 255;

// No keyword, name or punctuation of the generated programs contains the secret.
const SECRET_LETTERS = 'zqZQ';
const NUMBER_SECRET = '94736251';
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

const secret = fc
  .array(fc.constantFrom(...SECRET_LETTERS.split('')), { minLength: 6, maxLength: 12 })
  .map((letters) => letters.join(''));
const noise = fc.constantFrom('', ' ', "\\'", '\\"', '--', '/*', '*/', ';', '`', ', ', '\n', ')');
const name = fc.constantFrom('a', 'orders', 'main.sales.t', '`a.b`.c', 'r', 'x', 'covid19', 'date');
const whitespace = fc.constantFrom(' ', '\n', '\t ', ' /* note */ ', ' -- note\n', '/**/');

function literalOf(value: string): fc.Arbitrary<string> {
  return fc.oneof(
    noise.map((n) => `'${n.replaceAll('"', '')}${value}'`),
    noise.map((n) => `"${n.replaceAll("'", '')}${value}"`),
    fc.constantFrom(
      `'it''s ${value}'`,
      `"a""${value}"`,
      `r'\\${value}'`,
      `R"${value}\\"`,
      `X'${value}'`,
      `DATE'${value}'`,
      `TIMESTAMP '${value}'`,
      `INTERVAL '${value}' DAY`,
      `'a' '${value}' "${value}"`,
      `$$ ${value} 'x' $$`,
      `$body$ ${value} $$ $body$`,
      NUMBER_SECRET,
      `-${NUMBER_SECRET}`,
      `+${NUMBER_SECRET}.5BD`,
      `${NUMBER_SECRET}e-3`,
      `.${NUMBER_SECRET}`,
      `0x${NUMBER_SECRET}`,
      `${NUMBER_SECRET}L`,
    ),
  );
}

const literal = secret.chain(literalOf);
const expression: fc.Arbitrary<string> = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    literal,
    name,
    fc.constantFrom(':p', '?', 'NULL', 'true', '${v}', 'c:path.to[0]', "d:['k']"),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('+', '- ', ' - ', '*', '/', '||', ' AND ', '='),
        tie('expression'),
      )
      .map((parts) => parts.join('')),
    tie('expression').map((e) => `f(${e})`),
    tie('expression').map((e) => `(${e})::int`),
    fc
      .tuple(name, fc.array(tie('expression'), { minLength: 1, maxLength: 4 }))
      .map(([n, es]) => `${n} IN (${es.join(', ')})`),
    tie('expression').map((e) => `transform(a, x -> ${e})`),
  ),
})).expression;

const rows = fc
  .array(fc.array(expression, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 })
  .map((list) => list.map((row) => `(${row.join(', ')})`).join(', '));

const resourceType = fc.constantFrom('FILE', 'FILES', 'jar', 'JARS', 'ARCHIVE', 'ARCHIVES');
const slashPath = secret.chain((s) =>
  fc.constantFrom(`/a/${s}`, `${s}/b`, `dbfs:/${s}`, `s3://${s}`),
);
const barePath = fc.oneof(secret, slashPath);
const dot = fc
  .tuple(fc.constantFrom('', ' ', '/**/'), fc.constantFrom('', '\n'))
  .map((b) => b.join('.'));

const statement = fc.oneof(
  fc
    .tuple(expression, whitespace, name, expression)
    .map(([e, b, n, w]) => `SELECT ${e}${b}FROM ${n} WHERE ${w}`),
  fc.tuple(name, rows).map(([n, r]) => `INSERT INTO ${n} VALUES ${r}`),
  fc.tuple(name, expression, expression).map(([n, e, w]) => `UPDATE ${n} SET a = ${e} WHERE ${w}`),
  fc
    .tuple(name, expression)
    .map(([n, e]) => `MERGE INTO ${n} t USING s ON t.a = ${e} WHEN MATCHED THEN DELETE`),
  secret.map((s) => `SET my.key = ${s}`),
  secret.map((s) => `SET a.b=${s} ${s} '${s}'`),
  secret.map((s) => `ADD JAR /path/${s}.jar`),
  secret.map((s) => `ADD '${s}' ${s} -- ${s}\n`),
  secret.map((s) => `SET '${s}' /* ${s} */ = ${s}`),
  secret.map((s) => `LIST s3://bucket/${s}?x=${s}`),
  fc
    .tuple(fc.constantFrom('ADD', 'LIST'), resourceType, whitespace, barePath, barePath)
    .map(([verb, type, b, one, two]) => `${verb}${b}${type}${b}${one} ${two}`),
  fc
    .tuple(fc.constantFrom('LIST', 'REMOVE', 'REFRESH'), whitespace, slashPath)
    .map(([verb, b, path]) => `${verb}${b}${path}`),
  fc
    .tuple(fc.constantFrom('PUT', 'GET'), fc.oneof(barePath, literal), whitespace, slashPath)
    .map(([verb, from, b, to]) => `${verb} ${from} ${verb === 'PUT' ? 'INTO' : 'TO'}${b}${to}`),
  fc
    .tuple(fc.constantFrom('FROM', 'LOCATION', 'INPATH', 'DIRECTORY'), whitespace, secret)
    .map(([word, b, s]) => `INSERT ${word}${b}/mnt/${s}/${s}.csv`),
  secret.map((s) => `SELECT * FROM dbfs:/mnt/${s}`),
  fc
    .tuple(fc.constantFrom("a 'b', k ", "'a' 1, k = ", 'k = f(a, b) , c='), barePath, whitespace)
    .map(([before, value, b]) => `CREATE TABLE t OPTIONS${b}(${before}${value}) LOCATION 'x'`),
  fc
    .tuple(fc.constantFrom('csv', '`Delta`', 'c.`JSON`'), dot, secret)
    .map(([format, d, s]) => `SELECT * FROM ${format}${d}\`tenants/${s}\``),
  secret.map((s) => `SET TAG ON TABLE t cost = ${s}`),
  secret.map((s) => `SET QUERY_TAGS['team'] = ${s}`),
  secret.map((s) => `SET TIME ZONE Europe/${s}`),
  secret.map((s) => `SET password ${s}`),
  secret.map((s) => `EXPLAIN EXTENDED SET a = ${s}`),
  fc
    .tuple(
      fc.constantFrom('', 'ATOMIC', 'NOT ATOMIC'),
      fc.constantFrom('', 'l:', 'l: '),
      whitespace,
      secret,
    )
    .map(([atomic, label, b, s]) => `${label}BEGIN${b}${atomic}${b}SET a = ${s}; END`),
  fc
    .tuple(
      fc.constantFrom('NOT FOUND', "SQLSTATE VALUE '1', a", 'SQLEXCEPTION'),
      whitespace,
      secret,
    )
    .map(([condition, b, s]) => `BEGIN DECLARE EXIT HANDLER FOR ${condition}${b}SET a = ${s}; END`),
  secret.map((s) => `SELECT * FROM delta.\`/mnt/${s}\``),
  secret.map((s) => `SELECT * FROM csv.\`${s}\``),
  secret.map((s) => `GRANT SELECT ON t TO \`${s}@example.com\``),
  secret.map((s) => `COPY INTO t FROM 's3://${s}' WITH (CREDENTIAL (AWS_ACCESS_KEY = '${s}'))`),
  secret.map((s) => `SELECT /*+ HINT('${s}', ${NUMBER_SECRET}) */ 1 -- ${s}\n`),
  secret.map((s) => `SELECT 1 /* /* ${s} */ ${s} */ -- a \\\n ${s}\n`),
  fc.tuple(name, literal).map(([n, l]) => `DECLARE ${n} STRING DEFAULT ${l}`),
  fc.constant(`SELECT * FROM t VERSION AS OF ${NUMBER_SECRET}`),
  fc.constant(`SELECT * FROM t@v${NUMBER_SECRET} JOIN u@${NUMBER_SECRET}`),
);
/** What ends a program wherever it stands: it is masked to the end. */
const unfinished = secret.chain((s) =>
  fc.constantFrom(
    '',
    `SELECT 'unterminated ${s}`,
    `SELECT "unterminated ${s}\\"`,
    `SELECT \`unterminated ${s}`,
    `SELECT 1 /* unterminated ${s}`,
    `SELECT $ unterminated ${s}`,
    `SELECT # ${s}`,
  ),
);
const statements = fc.oneof(
  { weight: 4, arbitrary: statement },
  {
    weight: 1,
    arbitrary: fc.array(statement, { minLength: 2, maxLength: 3 }).map((s) => s.join('; ')),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(statement, { minLength: 1, maxLength: 2 })
      .map((s) => `BEGIN ${s.join('; ')}; END`),
  },
);
const program = fc.tuple(statements, unfinished).map(([whole, end]) => `${whole}; ${end}`);

const PIECES = '\'"`$:.+-/*|@?()[]{},;#\\\0 \n';

/** Text that is no SQL but made of what SQL is made of. */
const fragments = fc
  .array(
    fc.oneof(
      expression,
      fc.constantFrom(...PIECES.split('')),
      fc.constantFrom('--', '/*', '/*+', '*/', '$', '${', '::', '...', '0x', '1e', 'r', 'a', 'é'),
      fc.constantFrom('IN (', 'VALUES', 'SET', 'WITH x AS (', 'ADD', 'SELECT', 'FROM', 'JOIN'),
      fc.constantFrom('LIST', 'REFRESH', 'PUT', 'INTO', 'TAG ON', 'TABLE', 'WITH x (', 'JAR'),
      fc.constantFrom('OPTIONS (', 'CREDENTIAL (', 'a b', 'k ='),
      fc.constantFrom('DECLARE x HANDLER FOR', 'THEN', 'ATOMIC', 'x:BEGIN', 'IDENTIFIER(', 'a:/'),
      fc.constantFrom('UNION', 'BEGIN', '\u00a0', '\ud800', '\udc00', '😀', '𝒜'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));
const anyText = fc.oneof(program, fragments, fc.string({ unit: 'binary' }));

// Rows of an inline table, and statements that contain one.
const value = fc.oneof(
  literal,
  fc.constantFrom('NULL', 'true', ':p', '?', 'DEFAULT', 'array()', 'current_date()', '(a, b)'),
  literal.map((l) => `cast(${l} AS int)`),
  literal.map((l) => `array(${l}, ${l})`),
  literal.map((l) => `named_struct('a', map(${l}, 1))`),
  literal.map((l) => `a + ${l}`),
);
const tuple = fc
  .array(value, { minLength: 1, maxLength: 4 })
  .map((values) => `(${values.join(', ')})`);
const inlineRows = fc.oneof(
  fc.array(tuple, { minLength: 1, maxLength: 5 }),
  fc.array(fc.oneof(literal, fc.constantFrom('cast(1 AS int)', 'NULL', ':p')), {
    minLength: 1,
    maxLength: 5,
  }),
);
const statementWithRows = fc.constantFrom<(list: string) => string>(
  (list) => `SELECT * FROM VALUES ${list}`,
  (list) => `SELECT * FROM VALUES ${list} AS v(a, b), orders`,
  (list) => `SELECT * FROM VALUES ${list} AS v WHERE a IN (SELECT b FROM orders)`,
  (list) => `SELECT * FROM orders JOIN VALUES ${list} AS v(a) ON orders.a = v.a JOIN items`,
  (list) => `SELECT * FROM (VALUES ${list}), orders`,
  (list) => `SELECT * FROM (VALUES ${list}) v(a), orders`,
  (list) => `WITH x AS (SELECT * FROM VALUES ${list} AS v) SELECT * FROM x, orders`,
  (list) => `MERGE INTO t USING (SELECT * FROM VALUES ${list} AS v(a)) s ON t.a = s.a`,
  (list) => `MERGE INTO t USING (VALUES ${list}) s ON t.a = s.a`,
  (list) => `INSERT INTO t VALUES ${list}`,
  (list) => `INSERT INTO t SELECT * FROM VALUES ${list}`,
  (list) => `SELECT * FROM a UNION SELECT * FROM VALUES ${list} UNION SELECT * FROM b`,
  (list) => `VALUES ${list}`,
  (list) => `SELECT * FROM t WHERE a IN (${list})`,
);

// Tokens that one grammar ends at a quote or comment and another one does not. The secret is inside a literal or comment
// in one of the two readings, and so must be masked.
const ambiguousToken = fc
  .tuple(
    fc.oneof(
      fc
        .tuple(
          fc.constantFrom('${a', 's3://a', 'dbfs:/b/', 'FROM /mnt/c'),
          fc.constantFrom("'", '"', '`', '--', '/*', "r'a\\'", 'R"a\\"', '$$'),
        )
        .map((parts) => parts.join('')),
      fc
        .tuple(
          fc.constantFrom('1e+5', '-1E-2', '1.', '-1.', 'é', '𝒜', ':é', ':', 'a:', 'b.'),
          fc.constantFrom("r'a\\'", 'R"a\\"'),
        )
        .map((parts) => parts.join('')),
    ),
    fc.constantFrom('', '}', ' ', '\n', '*/', ';'),
  )
  .map((parts) => parts.join(''));
const ambiguousProgram = fc
  .tuple(ambiguousToken, fc.constantFrom("'", '"'), secret)
  .map(([token, quote, s]) => `SELECT ${token}, ${quote}a; ${s}${quote} FROM t`);

function check(arbitrary: fc.Arbitrary<string>, property: (text: string) => void): void {
  fc.assert(fc.property(arbitrary, property), { numRuns: RUNS });
}

describe('sanitizeQuery and summarizeQuery', function () {
  this.timeout(600_000);

  it('never show the content of a literal', () => {
    check(program, (sql) => {
      const output = `${sanitizeQuery(sql)}\n${summarizeQuery(sql)}`;
      assert.doesNotMatch(output, /[zqZQ]{3}|94736251/, output);
    });
  });

  it('never show a literal after a token that may contain a quote or comment', () => {
    check(ambiguousProgram, (sql) => {
      const output = `${sanitizeQuery(sql)}\n${summarizeQuery(sql)}`;
      assert.doesNotMatch(output, /[zqZQ]{3}/, output);
    });
  });

  it('leave a sanitized query unchanged', () => {
    check(anyText, (sql) => {
      const once = sanitizeQuery(sql);
      assert.strictEqual(sanitizeQuery(once), once);
    });
  });

  it('leave a sanitized query unchanged when it is cut', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 60 }), (sql, maxLength) => {
        const once = sanitizeQuery(sql, { maxLength });
        assert.ok(once.length <= Math.max(maxLength, 3), once);
        assert.strictEqual(sanitizeQuery(once, { maxLength }), once);
      }),
      { numRuns: RUNS },
    );
  });

  it('put every character into exactly one token', () => {
    const tokens = new TokenList(65_536);
    check(anyText, (sql) => {
      tokenize(sql, tokens);
      let joined = '';
      for (let i = 0; i < tokens.count; i++) {
        const token = tokens.slice(i);
        assert.notStrictEqual(token, '');
        joined += token;
      }
      assert.strictEqual(joined, sql);
    });
  });

  it('return valid UTF-16', () => {
    check(anyText, (sql) => {
      assert.doesNotMatch(sanitizeQuery(sql), LONE_SURROGATE);
      assert.doesNotMatch(summarizeQuery(sql) ?? '', LONE_SURROGATE);
    });
  });

  it('return the same summary whatever the values and the number of rows', () => {
    fc.assert(
      fc.property(statementWithRows, inlineRows, whitespace, (withRows, list, space) => {
        const one = summarizeQuery(withRows('(1)'));
        assert.strictEqual(summarizeQuery(withRows(list.join(`,${space}`))), one);
      }),
      { numRuns: RUNS },
    );
  });

  it('keep the summary within 255 characters', () => {
    check(anyText, (sql) => {
      const summary = summarizeQuery(sql);
      if (summary !== undefined) {
        assert.ok(summary.length > 0 && summary.length <= MAX_SUMMARY_LENGTH);
      }
    });
  });
});
