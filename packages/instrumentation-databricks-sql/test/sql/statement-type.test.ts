import * as assert from 'node:assert';
import { summarizeQuery } from '../../src/sql/read';
import { statementType } from '../../src/sql/statement-type';

describe('statementType', () => {
  const cases = [
    ['select * from t', 'QUERY'],
    ['WITH x AS (SELECT * FROM a) SELECT * FROM x', 'QUERY'],
    ['SHOW TABLES', 'QUERY'],
    ['WITH x AS (SELECT * FROM a) INSERT INTO t SELECT * FROM x', 'UPDATE'],
    ['Merge INTO t USING s ON a = b WHEN MATCHED THEN DELETE', 'UPDATE'],
    ["PUT 'a' INTO 'b'", 'VOLUME'],
    ['CREATE TABLE t (a INT)', 'SQL'],
    ['hello', undefined],
  ] as const;
  for (const [sql, type] of cases) {
    it(`${sql} is ${type}`, () => {
      assert.strictEqual(statementType(summarizeQuery(sql)), type);
    });
  }
});
