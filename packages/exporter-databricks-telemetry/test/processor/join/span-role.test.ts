import assert from 'node:assert/strict';
import * as semconv from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { roleOf } from '../../../src/processor/join/span-role';

const OF_THEIR_OWN = {
  connect: 'connect',
  open_session: 'open_session',
  close_session: 'close_session',
  get_info: 'call',
  fetch: 'fetch',
  cloudfetch_download: 'download',
  staging_put: 'staging',
  staging_get: 'staging',
  staging_remove: 'staging',
  cancel_statement: 'cancel',
  close_statement: 'close',
};

describe('roleOf', () => {
  const operations = Object.entries(semconv)
    .filter(([name]) => name.startsWith('OPERATION_'))
    .map(([, operation]) => operation as string);

  it('has a role for each operation: those that open a statement are statements', () => {
    assert.ok(operations.length > 20);
    for (const operation of operations) {
      const expected = (OF_THEIR_OWN as Record<string, string>)[operation] ?? 'statement';
      assert.equal(roleOf(operation), expected, operation);
    }
  });

  it('has none for anything else', () => {
    for (const other of ['constructor', '', undefined, 7]) assert.equal(roleOf(other), undefined);
  });
});
