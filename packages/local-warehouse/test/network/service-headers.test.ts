import assert from 'node:assert/strict';
import { LocalWarehouse } from '../../src';
import { send } from '../support/http';

describe('headers of the answers', () => {
  let warehouse: LocalWarehouse;
  before(async () => {
    warehouse = await LocalWarehouse.start();
  });
  after(() => warehouse.stop());

  const sessions = '/api/2.0/sql/sessions/';

  it('name the workspace and the request', async () => {
    const found = [
      await send(warehouse, sessions, { method: 'POST', body: '{}' }),
      await send(warehouse, '/api/2.0/connector-service/feature-flags/NODEJS/2.1.0'),
      await send(warehouse, '/nowhere'),
    ];
    assert.deepEqual(
      found.map(({ status }) => status),
      [200, 200, 404],
    );
    for (const { headers } of found) {
      assert.equal(headers['x-databricks-org-id'], warehouse.workspaceId);
    }
    const ids = found.map(({ headers }) => headers['x-request-id']);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(
      warehouse.requests.slice(-ids.length).map(({ requestId }) => requestId),
      ids,
    );
  });

  it('say why a request without a good token is refused', async () => {
    const missing = await send(warehouse, sessions, { token: null });
    assert.equal(missing.status, 401);
    const reason = 'Credential was not sent or was of an unsupported type for this API.';
    assert.deepEqual(JSON.parse(missing.body), { error_code: 401, message: reason });
    assert.equal(missing.headers['www-authenticate'], 'Bearer realm="DatabricksRealm"');
    assert.equal(missing.headers['x-databricks-reason-phrase'], reason);
    const wrong = await send(warehouse, sessions, { token: 'wrong' });
    assert.equal(wrong.status, 403);
    assert.deepEqual(JSON.parse(wrong.body), { error_code: 403, message: 'Invalid access token.' });
    assert.equal(wrong.headers['x-databricks-reason-phrase'], 'Invalid access token.');
    assert.ok(wrong.headers['x-request-id']);
    assert.equal(wrong.headers['x-databricks-org-id'], undefined);
  });
});
