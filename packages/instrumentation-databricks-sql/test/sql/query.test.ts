import * as assert from 'node:assert/strict';
import {
  DEFAULT_MAX_TEXT_LENGTH,
  MAX_READ_LENGTH,
  readQuery,
  sanitizeQuery,
  summarizeQuery,
} from '../../src/sql/query';

const REMEMBERED_AT_LEAST = 128;
const REMEMBERED_AT_MOST = 256;

describe('readQuery', () => {
  it('returns the text and the summary of a query', () => {
    assert.deepStrictEqual(readQuery("SELECT * FROM orders WHERE name = 'a'"), {
      text: 'SELECT * FROM orders WHERE name = ?',
      summary: 'SELECT orders',
      storedProcedure: undefined,
    });
  });

  it('returns the same as sanitizeQuery and summarizeQuery', () => {
    const sql = "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = 'x'";
    assert.deepStrictEqual(readQuery(sql), {
      text: sanitizeQuery(sql),
      summary: summarizeQuery(sql),
      storedProcedure: undefined,
    });
  });

  it('caches the result for a statement', () => {
    const sql = 'SELECT remembered FROM readings';
    assert.strictEqual(readQuery(sql), readQuery(sql));
  });

  it('keeps a repeated statement in the cache and evicts one that is not repeated', () => {
    const repeated = 'SELECT a FROM repeated';
    const forgotten = 'SELECT a FROM forgotten';
    const first = [readQuery(repeated), readQuery(forgotten)];
    for (let i = 0; i <= REMEMBERED_AT_MOST; i++) {
      readQuery(`SELECT ${i} FROM others`);
      if (i % (REMEMBERED_AT_LEAST / 2) === 0) readQuery(repeated);
    }
    assert.strictEqual(readQuery(repeated), first[0]);
    assert.notStrictEqual(readQuery(forgotten), first[1]);
    assert.deepStrictEqual(readQuery(forgotten), first[1]);
  });

  it('does not cache long statements', () => {
    const sql = `SELECT ${'a, '.repeat(1_000)} b FROM t`;
    assert.notStrictEqual(readQuery(sql), readQuery(sql));
  });
});

describe('the limits of sanitizeQuery and summarizeQuery', () => {
  it('leave a query of the maximum length unchanged', () => {
    const sql = `SELECT ${'a'.repeat(DEFAULT_MAX_TEXT_LENGTH - 'SELECT ...'.length)}`;
    assert.strictEqual(sanitizeQuery(sql), sql);
  });

  it('cut a longer query between two tokens and mark it', () => {
    assert.strictEqual(sanitizeQuery('SELECT abc, def', { maxLength: 13 }), 'SELECT abc...');
    assert.strictEqual(sanitizeQuery('SELECT abcdefgh', { maxLength: 13 }), 'SELECT ...');
    assert.strictEqual(
      sanitizeQuery("SELECT abc, 'd', 'e'", { maxLength: 16 }),
      'SELECT abc, ?...',
    );
    assert.strictEqual(sanitizeQuery('SELECT `abc def` FROM t', { maxLength: 16 }), 'SELECT ...');
    assert.strictEqual(sanitizeQuery('SELECT abc', { maxLength: 0 }), '...');
  });

  it('read no more than the maximum length', () => {
    const sql = `SELECT a${' '.repeat(MAX_READ_LENGTH)}, 'secret' FROM t`;
    assert.strictEqual(sanitizeQuery(sql).length, 'SELECT a...'.length);
    assert.strictEqual(summarizeQuery(sql), 'SELECT');
  });

  it('read a query of the maximum length completely', () => {
    const sql = `/*${' '.repeat(MAX_READ_LENGTH - '/**/SELECT a'.length)}*/SELECT a`;
    assert.strictEqual(sanitizeQuery(sql), 'SELECT a');
  });

  it('mask a literal that the limit cuts', () => {
    const sql = `${'/**/'.repeat(MAX_READ_LENGTH / 4 - 3)}SELECT 'secret', b`;
    assert.strictEqual(sanitizeQuery(sql), 'SELECT ?...');
  });

  it('drop the rows of a list that the limit cuts', () => {
    const sql = `INSERT INTO t VALUES ${"(1, 'abc'), ".repeat(20_000)}(2, 'def')`;
    assert.strictEqual(sanitizeQuery(sql), 'INSERT INTO t VALUES (?, ?)...');
    assert.strictEqual(summarizeQuery(sql), 'INSERT t');
    assert.strictEqual(
      sanitizeQuery(`SELECT * FROM t WHERE a IN (${'1, '.repeat(40_000)}2)`),
      'SELECT * FROM t WHERE a IN (?...',
    );
  });

  const SIZE = 10_000_000;
  for (const unit of [
    "'",
    '"',
    '`',
    '(',
    ')',
    '/*',
    '--',
    '$',
    '\0',
    '\ud800',
    '-',
    '\\',
    '((SELECT ',
  ]) {
    it(`handle 10 MB of ${JSON.stringify(unit)}`, () => {
      const sql = unit.repeat(SIZE / unit.length);
      assert.ok(sanitizeQuery(sql).length <= DEFAULT_MAX_TEXT_LENGTH);
      assert.ok((summarizeQuery(sql) ?? '').length <= 255);
    });
  }
});
