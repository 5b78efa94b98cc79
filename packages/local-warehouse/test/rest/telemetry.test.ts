import * as assert from 'node:assert/strict';
import { LocalWarehouse } from '../../src';
import { send, telemetryBody } from '../support/http';

describe('telemetry endpoints', () => {
  let warehouse: LocalWarehouse;
  beforeEach(async () => {
    warehouse = await LocalWarehouse.start();
  });
  afterEach(() => warehouse.stop());

  it('keep headers, body and decoded logs', async () => {
    const body = telemetryBody({ workspace_id: 1 });
    const headers = { 'x-databricks-org-id': '42' };
    const { status } = await send(warehouse, '/telemetry-ext', { method: 'POST', body, headers });
    const post = await warehouse.nextTelemetry();
    assert.strictEqual(status, 200);
    assert.strictEqual(post.uploadTime, 1);
    assert.strictEqual(post.headers['x-databricks-org-id'], '42');
    assert.strictEqual(post.tenant, LocalWarehouse.DEFAULT_TENANT);
    assert.deepStrictEqual(post.logs, [{ workspace_id: 1 }]);
    assert.deepStrictEqual(post.accepted, post.logs);
  });

  it('ask for a token, or for none', async () => {
    const sent = { method: 'POST', body: telemetryBody({}), headers: { authorization: '' } };
    const refused = await send(warehouse, '/telemetry-ext', sent);
    const accepted = await send(warehouse, '/telemetry-unauth', sent);
    assert.deepStrictEqual([refused.status, accepted.status], [403, 200]);
    assert.deepStrictEqual(
      warehouse.telemetry.map((post) => post.accepted.length),
      [0, 1],
    );
  });

  it('tell tenants apart by their tokens', async () => {
    const token = warehouse.tokens.issue('other');
    const headers = { authorization: `Bearer ${token}` };
    const sent = { method: 'POST', body: telemetryBody({}), headers };
    await send(warehouse, '/telemetry-ext', sent);
    assert.strictEqual(warehouse.telemetry[0]?.tenant, 'other');
    warehouse.tokens.revoke(token);
    assert.strictEqual((await send(warehouse, '/telemetry-ext', sent)).status, 403);
  });

  it('refuse a body without the list of logs', async () => {
    const sent = { method: 'POST', body: JSON.stringify({ uploadTime: 1, items: [] }) };
    assert.strictEqual((await send(warehouse, '/telemetry-ext', sent)).status, 500);
  });

  it('answer the feature flag as set', async () => {
    const path = '/api/2.0/connector-service/feature-flags/NODEJS/2.1.0';
    const prefix = 'databricks.partnerplatform.clientConfigsFeatureFlags.enableTelemetryFor';
    const flags = (value: string) =>
      ['NodeJs', 'Kernel'].map((client) => ({ name: `${prefix}${client}`, value }));
    const enabled = await send(warehouse, path);
    assert.deepStrictEqual(JSON.parse(enabled.body), {
      flags: flags('true'),
      ttl_seconds: 900,
    });
    Object.assign(warehouse.flag, { enabled: false, ttlSeconds: 60 });
    const disabled = await send(warehouse, path);
    assert.deepStrictEqual(JSON.parse(disabled.body), {
      flags: flags('false'),
      ttl_seconds: 60,
    });
    warehouse.flag.status = 500;
    assert.strictEqual((await send(warehouse, path)).status, 500);
  });
});
