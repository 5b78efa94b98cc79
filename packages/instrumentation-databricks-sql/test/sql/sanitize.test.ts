import assert from 'node:assert';
import { sanitizeQuery } from '../../src/sql/read';
import { CASES } from './cases';

const SECRET = 's3cret';

describe('sanitizeQuery', () => {
  it('lets no comment through, wherever in any of the cases it stands', () => {
    const comments = [`/*${SECRET}*/`, ` /*${SECRET}*/ `, ` --${SECRET}\n`];
    // Between backticks it would be no comment.
    const sqls = Object.values(CASES)
      .flat()
      .map(([sql]) => sql)
      .filter((sql) => !sql.includes('`'));
    for (const sql of sqls) {
      const places = [...sql.matchAll(/[\s(),=]|$/g)].map(({ index }) => index);
      for (const place of places) {
        for (const comment of comments) {
          const query = sql.slice(0, place) + comment + sql.slice(place);
          assert.ok(!sanitizeQuery(query).includes(SECRET), query);
        }
      }
    }
  });

  const TEXTS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
    'parts what a comment parted, and no more': [
      ['a/*x*/b', 'a b'],
      ['a /*x*/b', 'a b'],
      ['a/*x*/ b', 'a b'],
      ['a/*x*//*y*/b', 'a b'],
      ['a /*x*//*y*/b', 'a b'],
      ["'a'/*x*/b", '? b'],
      ['/*x*/a', 'a'],
      ['a/*x*/', 'a'],
      ['a /*x*/', 'a '],
    ],
    'makes one mask of a list of literals': [
      ['a IN (1, 2)', 'a IN (?)'],
      ['a IN (NULL, 1)', 'a IN (?)'],
      ["a IN ('x' /* s */, 'y')", 'a IN (?)'],
      ['a IN /*s*/ (1)', 'a IN  (?)'],
      ['a IN (1)/*s*/AND b', 'a IN (?) AND b'],
      ["a IN (1)'s'", 'a IN (?)?'],
      ['a IN (1, b)', 'a IN (?, b)'],
      ['a IN (NULL, DEFAULT)', 'a IN (NULL, DEFAULT)'],
      ['a IN ()', 'a IN ()'],
      ['a IN b', 'a IN b'],
      ['a IN ((1, 2), (3, 4))', 'a IN ((?, ?))'],
      ['a IN ((1, b), (3, 4))', 'a IN ((?, b), (?, ?))'],
    ],
    'keeps the first of rows of literals': [
      ['VALUES (1), (2), (a)', 'VALUES (?), (a)'],
      ['VALUES (1), (2); VALUES (3), (4)', 'VALUES (?); VALUES (?)'],
      ['VALUES (1) LIMIT 5', 'VALUES (?) LIMIT ?'],
      ['VALUES (1) AS t(a), (2)', 'VALUES (?) AS t(a), (?)'],
      ["VALUES 1 , 'b'", 'VALUES ?'],
      ['VALUES 1, 2; SELECT 3', 'VALUES ?; SELECT ?'],
      ['SELECT * FROM (VALUES 1, 2) AS t', 'SELECT * FROM (VALUES ?) AS t'],
      ['VALUES 1 + a, 2', 'VALUES ? + a, ?'],
      ['VALUES a, 1, 2', 'VALUES a, ?, ?'],
      ['VALUES (1), -- s\n (2)', 'VALUES (?)'],
    ],
    'takes a text that was cut for closed where it ends': [
      ['INSERT INTO t VALUES (1), ...', 'INSERT INTO t VALUES (?)...'],
      ['INSERT INTO t VALUES (1), (2...', 'INSERT INTO t VALUES (?)...'],
      ['SELECT a IN (1, 2...', 'SELECT a IN (?...'],
      ['SELECT a IN (1, b...', 'SELECT a IN (?, b...'],
    ],
    'masks what is set, whatever it looks like': [
      ['SET a = b c; SELECT d', 'SET a = ?; SELECT d'],
      ['BEGIN SET a = b; END', 'BEGIN SET a = ?; END'],
      ['SET a; SELECT b = c', 'SET a; SELECT b = c'],
      ['SET a = ; SELECT b', 'SET a = ; SELECT b'],
      ['SET a =', 'SET a ='],
      ['SET a', 'SET a'],
      ['SET VAR x = y', 'SET VAR x = y'],
      ['SET VARIABLE x = y', 'SET VARIABLE x = y'],
      ['UPDATE t SET a = b', 'UPDATE t SET a = b'],
      ['ADD JAR /a/b; SELECT c', 'ADD JAR ?; SELECT c'],
      ["ADD 's'", 'ADD ?'],
      ['ADD', 'ADD'],
      ['x.ADD JAR b', 'x.ADD JAR b'],
    ],
  };
  for (const [title, texts] of Object.entries(TEXTS)) {
    describe(title, () => {
      for (const [sql, text] of texts) {
        it(JSON.stringify(sql), () => {
          assert.equal(sanitizeQuery(sql), text);
        });
      }
    });
  }

  const CUTS: readonly (readonly [string, number, string])[] = [
    ["SELECT 'abc', 'def'", 14, 'SELECT ?, ?'],
    ["SELECT 'abc', 'def'", 13, 'SELECT ?, ...'],
    ["SELECT 'abc', 'def'", 12, 'SELECT ?,...'],
    ["SELECT 'abc', 'def'", 11, 'SELECT ?...'],
    ["SELECT 'abc', 'def'", 8, '...'],
    ['SELECT abc, def, ghi', 16, 'SELECT abc, ...'],
    ['SELECT abc', 13, 'SELECT abc'],
    ['SELECT abc', 12, 'SELECT ...'],
    ['SELECT abc', 0, '...'],
    ['VALUES (1), (2)', 13, 'VALUES (?)'],
    ['VALUES (1), (2)', 12, 'VALUES (?...'],
  ];
  for (const [sql, maxLength, text] of CUTS) {
    it(`cuts ${sql} between tokens to ${maxLength} characters`, () => {
      assert.equal(sanitizeQuery(sql, { maxLength }), text);
    });
  }
});
