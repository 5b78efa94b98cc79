import assert from 'node:assert/strict';
import { sanitizeQuery } from '../../src/sql/query';
import { CASES } from './cases';

const SECRET = 's3cret';

describe('sanitizeQuery', () => {
  it('removes a comment at any place of any case', () => {
    const comments = [`/*${SECRET}*/`, ` /*${SECRET}*/ `, ` --${SECRET}\n`];
    // Between back quotes it would not be a comment.
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
    'replaces a comment with a space only between two words': [
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
    'masks a list of literals as one': [
      ['a IN (1, 2)', 'a IN (?)'],
      ['a IN (NULL, 1)', 'a IN (?)'],
      ["a IN (TIME '10:00', 1)", 'a IN (?)'],
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
    'keeps the first row of literals': [
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
    'treats the end of a cut query as the end of an open list': [
      ['INSERT INTO t VALUES (1), ...', 'INSERT INTO t VALUES (?)...'],
      ['INSERT INTO t VALUES (1), (2...', 'INSERT INTO t VALUES (?)...'],
      ['SELECT a IN (1, 2...', 'SELECT a IN (?...'],
      ['SELECT a IN (1, b...', 'SELECT a IN (?, b...'],
    ],
    'masks a list of options that contains an unquoted value': [
      ["OPTIONS (a 'b', c d)", 'OPTIONS (?)'],
      ['OPTIONS(a=b) c', 'OPTIONS(?) c'],
      ['OPTIONS (a = `b`)', 'OPTIONS (?)'],
      ['OPTIONS (a b', 'OPTIONS (?'],
      ['OPTIONS (a b; SELECT c', 'OPTIONS (?; SELECT c'],
      ["OPTIONS (a f('b'), c d)", 'OPTIONS (?)'],
      ['OPTIONS (a 1 b)', 'OPTIONS (?)'],
      ['OPTIONS (a OPTIONS (b c))', 'OPTIONS (?)'],
      ['OPTIONS (TAGS (b))', 'OPTIONS (?)'],
      ['OPTIONS (a(1, 2), c)', 'OPTIONS (a(?, ?), c)'],
      ['OPTIONS (a(1, b), c)', 'OPTIONS (?)'],
      ["OPTIONS (a.b-c 'd', 'e' = 5, f=:g, h = -1)", 'OPTIONS (a.b-c ?, ? = ?, f=:g, h = ?)'],
      ['OPTIONS (a true, b = NULL)', 'OPTIONS (a true, b = NULL)'],
      ["OPTIONS (a secret('b'))", 'OPTIONS (?)'],
      ['OPTIONS (a (b))', 'OPTIONS (?)'],
      ['OPTIONS (a, b, c.d)', 'OPTIONS (a, b, c.d)'],
      ['OPTIONS (a; b c)', 'OPTIONS (a; b c)'],
      ['OPTIONS a = b', 'OPTIONS a = b'],
      ...['COPY_OPTIONS', 'CREDENTIAL', 'DBPROPERTIES', 'ENCRYPTION', 'FORMAT_OPTIONS']
        .concat('PROPERTIES', 'TAGS', 'TBLPROPERTIES')
        .map((word) => [`${word} (a = b/c, d = 'e') f`, `${word} (?) f`] as const),
    ],
    'masks to the end where a quote or comment may start inside a token': [
      ["SELECT ${a'b}, 'c'", 'SELECT ?'],
      ['SELECT ${a"b}, "c"', 'SELECT ?'],
      ['SELECT ${a`b}, `c`', 'SELECT ?'],
      ["SELECT ${a--b}, 'c'", 'SELECT ?'],
      ["SELECT ${a/*b}, 'c'", 'SELECT ?'],
      ["SELECT ${a$$b}, 'c'", 'SELECT ?'],
      ["SELECT ${a-b}, 'c'", 'SELECT ${a-b}, ?'],
      ["SELECT ${a b}, 'c'", 'SELECT ?, ?'],
      ["ADD JAR s3://a/*'*/; SELECT 'b;c'", 'ADD JAR ?'],
      ["ADD JAR s3://a--'\n; SELECT 'b;c'", 'ADD JAR ?'],
      ["ADD JAR s3://a/b-c.jar; SELECT 'd'", 'ADD JAR ?; SELECT ?'],
      ["LIST s3://a/*'*/; SELECT 'b;c'", 'LIST ?'],
      ["SELECT * FROM s3://a/*', 'b", 'SELECT * FROM ?'],
      ["SELECT * FROM /mnt/a--', 'b\n', 'c'", 'SELECT * FROM ?'],
      ["SELECT * FROM s3://a/r'b\\', 'c'", 'SELECT * FROM ?'],
      ["SELECT * FROM s3://a$$'$$, 'b'", 'SELECT * FROM ?'],
      ["SELECT 1e+5r'a\\', 'b'", 'SELECT ?'],
      ["SELECT 1.r'a\\', 'b'", 'SELECT ?'],
      ["SELECT ér'a\\', 'b'", 'SELECT ?'],
      ["SELECT :ér'a\\', 'b'", 'SELECT ?'],
      ["SELECT $a1$ ' $a1$ b '", 'SELECT ?'],
    ],
    'reads a raw string after a colon': [
      ["SELECT :r'a\\', 'b'", 'SELECT :?, ?'],
      ['SELECT :R"a\\", \'b\'', 'SELECT :?, ?'],
      ["SELECT a:r'b\\', 'c'", 'SELECT a:?, ?'],
      ["SELECT :ar'b\\', 'c", 'SELECT :ar?c'],
    ],
    'masks unquoted values and paths': [
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
      ['SET a b', 'SET a ?'],
      ['SET a b = c', 'SET a ?'],
      ["SET 'a' 'b' c", 'SET ? ?'],
      ["SET 'a' 'b'", 'SET ?'],
      ['SET a=b', 'SET a=?'],
      ['SET (a, b) c', 'SET (a, b) ?'],
      ['SET (a b, c = d', 'SET (a b, c = ?'],
      ['SET (a SET b c', 'SET (a ?'],
      ['SET CATALOG a', 'SET CATALOG a'],
      ['SET CATALOG = a', 'SET CATALOG = ?'],
      ['SET DATABASE a', 'SET DATABASE a'],
      ['SET ROLE a', 'SET ROLE a'],
      ['SET SCHEMA a', 'SET SCHEMA a'],
      ['SET TAG a', 'SET TAG ?'],
      ['SET TAG ON TABLE t a = b; SELECT c', 'SET TAG ON TABLE t a = ?; SELECT c'],
      ['SET TAG ON TABLE t a; SELECT b = c', 'SET TAG ON TABLE t a; SELECT b = c'],
      ['SET TAG ON TABLE t a SET b = c', 'SET TAG ON TABLE t a ?'],
      ['SET TIME a', 'SET TIME ?'],
      ['SET TIME ZONE LOCAL', 'SET TIME ZONE LOCAL'],
      ['SET TIME ZONE a/b c', 'SET TIME ZONE ?'],
      ['EXPLAIN SET a = b', 'EXPLAIN SET a = ?'],
      ['EXPLAIN CODEGEN SET a = b', 'EXPLAIN CODEGEN SET a = ?'],
      ['EXPLAIN COST SET a = b', 'EXPLAIN COST SET a = ?'],
      ['EXPLAIN FORMATTED SET a = b', 'EXPLAIN FORMATTED SET a = ?'],
      ['UPDATE cost SET a = b', 'UPDATE cost SET a = b'],
      ['BEGIN ATOMIC SET a = b; END', 'BEGIN ATOMIC SET a = ?; END'],
      ['BEGIN NOT ATOMIC SET a = b; END', 'BEGIN NOT ATOMIC SET a = ?; END'],
      ['UPDATE atomic SET a = b', 'UPDATE atomic SET a = b'],
      ['a:BEGIN SET b = c; END', 'a:BEGIN SET b = ?; END'],
      ['BEGIN a:LOOP SET b = c; END', 'BEGIN a:LOOP SET b = ?; END'],
      ['UPDATE a:begin SET b = c', 'UPDATE a:begin SET b = c'],
      ['DECLARE EXIT HANDLER FOR a SET b = c', 'DECLARE EXIT HANDLER FOR a SET b = ?'],
      ['DECLARE EXIT HANDLER FOR a, b SET c = d', 'DECLARE EXIT HANDLER FOR a, b SET c = ?'],
      [
        'DECLARE EXIT HANDLER FOR NOT FOUND SET b = c',
        'DECLARE EXIT HANDLER FOR NOT FOUND SET b = ?',
      ],
      [
        "DECLARE a HANDLER FOR SQLSTATE '1' SET b = c",
        'DECLARE a HANDLER FOR SQLSTATE ? SET b = ?',
      ],
      [
        "DECLARE a HANDLER FOR SQLSTATE VALUE '1' '2' SET b = c",
        'DECLARE a HANDLER FOR SQLSTATE VALUE ? SET b = ?',
      ],
      ["ADD 's'", 'ADD ?'],
      ['ADD', 'ADD'],
      ['ADD JAR', 'ADD JAR'],
      ['ADD jar/a.jar', 'ADD ?'],
      ['ADD a b', 'ADD ?'],
      ...['ARCHIVE', 'ARCHIVES', 'FILE', 'FILES', 'JAR', 'JARS'].flatMap(
        (type) =>
          [
            [`ADD ${type} a 'b' c; SELECT d`, `ADD ${type} ?; SELECT d`],
            [`LIST ${type} a 'b' c; SELECT d`, `LIST ${type} ?; SELECT d`],
          ] as const,
      ),
      ['LIST JARS', 'LIST JARS'],
      ['LIST a', 'LIST ?'],
      ['LIST :a LIMIT b', 'LIST :a LIMIT b'],
      ["LIST 'a' LIMIT b", 'LIST ? LIMIT b'],
      ['LIST "a" LIMIT b', 'LIST ? LIMIT b'],
      ["LIST r'a' LIMIT b", 'LIST ? LIMIT b'],
      ['LIST R"a" LIMIT b', 'LIST ? LIMIT b'],
      ['LIST s3://a(b)', 'LIST ?'],
      ['REMOVE a', 'REMOVE ?'],
      ["REMOVE 'a'", 'REMOVE ?'],
      ['PUT a INTO b', 'PUT ?'],
      ["PUT 'a' 'b' INTO c OVERWRITE", 'PUT ? INTO ?'],
      ["PUT 'a' INTO 'b' OVERWRITE", 'PUT ? INTO ? OVERWRITE'],
      ["GET 'a' TO b", 'GET ? TO ?'],
      ["GET 'a' b", 'GET ? b'],
      ['GET DIAGNOSTICS CONDITION 1 a = b', 'GET DIAGNOSTICS CONDITION ? a = b'],
      ['SELECT list, get, put, remove FROM t', 'SELECT list, get, put, remove FROM t'],
      ['REFRESH a', 'REFRESH a'],
      ['REFRESH TABLE a.b', 'REFRESH TABLE a.b'],
      ['REFRESH a; SELECT b', 'REFRESH a; SELECT b'],
      ['REFRESH IDENTIFIER(:a)', 'REFRESH IDENTIFIER(:a)'],
      ['REFRESH a/b c', 'REFRESH ?'],
      ['REFRESH a.b-c', 'REFRESH ?'],
      ['REFRESH *', 'REFRESH ?'],
      ['SELECT * FROM /a/b c', 'SELECT * FROM ? c'],
      ['INSERT INTO /a/b c', 'INSERT INTO ? c'],
      ['CONVERT TO /a/b c', 'CONVERT TO ? c'],
      ['LOAD DATA INPATH /a/b INTO TABLE c', 'LOAD DATA INPATH ? INTO TABLE c'],
      ['INSERT OVERWRITE DIRECTORY /a/b SELECT c', 'INSERT OVERWRITE DIRECTORY ? SELECT c'],
      ['CREATE TABLE t LOCATION /a/b', 'CREATE TABLE t LOCATION ?'],
      ...['DESCRIBE', 'DESCRIBE DETAIL', 'DESCRIBE HISTORY', 'OPTIMIZE', 'RESTORE', 'VACUUM'].map(
        (verb) => [`${verb} /a/b c`, `${verb} ? c`] as const,
      ),
      ['/a/b', '/a/b'],
      ['SELECT a /b, c', 'SELECT a /b, c'],
      ['SELECT dbfs:/a/b c', 'SELECT ? c'],
      ['SELECT a:b/c', 'SELECT a:b/c'],
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
    ["'a'} bcdefghi jk mn-- l", 16, '?} bcdefghi ...'],
    ['VALUES (1), (2)', 13, 'VALUES (?)'],
    ['VALUES (1), (2)', 12, 'VALUES (?...'],
  ];
  for (const [sql, maxLength, text] of CUTS) {
    it(`cuts ${sql} between tokens to ${maxLength} characters`, () => {
      assert.equal(sanitizeQuery(sql, { maxLength }), text);
    });
  }
});
