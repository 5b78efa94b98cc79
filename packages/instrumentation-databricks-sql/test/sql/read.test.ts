import * as assert from 'node:assert';
import { readQuery, sanitizeQuery, summarizeQuery } from '../../src/sql/read';

describe('readQuery', () => {
  it('gives the text and the summary of a query', () => {
    assert.deepStrictEqual(readQuery("SELECT * FROM orders WHERE name = 'a'"), {
      text: 'SELECT * FROM orders WHERE name = ?',
      summary: 'SELECT orders',
    });
  });

  it('gives what the two readers give', () => {
    const sql = "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = 'x'";
    assert.deepStrictEqual(readQuery(sql), {
      text: sanitizeQuery(sql),
      summary: summarizeQuery(sql),
    });
  });

  it('gives the remembered reading for the same text', () => {
    const sql = 'SELECT remembered FROM readings';
    assert.strictEqual(readQuery(sql), readQuery(sql));
  });
});
