import assert from 'node:assert/strict';
import { Statement } from '../../../src/processor/join/statement';

describe('a statement of which only its own span came', () => {
  it('joins nothing to it', () => {
    const statement = new Statement('s1');
    const { kind, connection, completion, staging } = statement;
    assert.deepEqual(
      { kind, connection, completion, staging },
      { kind: 'operation', connection: undefined, completion: undefined, staging: undefined },
    );
    assert.ok(!statement.hasCompletion);
  });

  it('has not failed', () => {
    assert.equal(new Statement('s1').failure, undefined);
  });

  it('had no spans before', () => {
    const statement = new Statement('s1');
    assert.equal(statement.early, 0);
    statement.cameEarly();
    statement.cameEarly();
    assert.equal(statement.early, 2);
  });
});
