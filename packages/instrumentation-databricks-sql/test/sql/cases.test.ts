import * as assert from 'node:assert/strict';
import { sanitizeQuery, summarizeQuery } from '../../src/sql/query';
import { CASES } from './cases';

describe('sanitizeQuery and summarizeQuery', () => {
  for (const [title, cases] of Object.entries(CASES)) {
    describe(title, () => {
      for (const [sql, text, summary] of cases) {
        it(JSON.stringify(sql), () => {
          assert.deepStrictEqual(
            { text: sanitizeQuery(sql), summary: summarizeQuery(sql) },
            { text: text ?? sql, summary },
          );
        });
      }
    });
  }
});
