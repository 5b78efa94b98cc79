import assert from 'node:assert/strict';
import { isTagRefusal } from '../../src/query-tags/refusal';

describe('a refusal of query tags', () => {
  const REFUSALS = [
    '[CONFIG_NOT_AVAILABLE] Configuration query_tags is not available. SQLSTATE: 42K0I',
    'Error running query: [CONFIG_NOT_AVAILABLE] org.Exception: [CONFIG_NOT_AVAILABLE] Configuration QUERY_TAGS is not available.',
    'CONFIG_NOT_AVAILABLE: Configuration query_tags is not available',
    '[CONFIG_NOT_AVAILABLE] The statement failed.',
    'Query tags are not supported in this workspace',
  ];
  for (const message of REFUSALS) {
    it(`is: ${message}`, () => {
      assert.equal(isTagRefusal(new Error(message)), true);
      assert.equal(isTagRefusal({ errorMessage: message }), true);
      assert.equal(isTagRefusal({ displayMessage: message, errorMessage: 'x' }), true);
    });
  }

  const OTHERS = [
    '[CONFIG_NOT_AVAILABLE] Configuration spark.executor.memory is not available. SQLSTATE: 42K0I',
    '[TABLE_OR_VIEW_NOT_FOUND] The table or view `orders` cannot be found. SQLSTATE: 42P01',
    '\n[PARSE_SYNTAX_ERROR] Syntax error. SQLSTATE: 42601\n\n== SQL ==\nSELECT query_tags FRM t',
  ];
  for (const message of OTHERS) {
    it(`is not: ${message}`, () => {
      assert.equal(isTagRefusal(new Error(message)), false);
    });
  }

  it('is not an error about a column of the name in the statement itself', () => {
    const message = '[UNRESOLVED_COLUMN] A column `query_tags` cannot be resolved. SQLSTATE: 42703';
    assert.equal(isTagRefusal(new Error(message), 'SELECT query_tags FROM t'), false);
  });

  for (const value of [undefined, null, 'query tags', 3, {}, { message: 7 }]) {
    it(`is not ${JSON.stringify(value)}`, () => {
      assert.equal(isTagRefusal(value), false);
    });
  }
});
