import * as assert from 'node:assert/strict';
import { LocalWarehouse } from '../../src';
import type { ServicePrincipal } from '../../src';
import { runProxied } from '../support/child-process';
import { send } from '../support/http';

describe('OAuth endpoint', () => {
  let warehouse: LocalWarehouse;
  beforeEach(async () => {
    warehouse = await LocalWarehouse.start();
  });
  afterEach(() => warehouse.stop());

  async function grant({ clientId, clientSecret }: ServicePrincipal) {
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
    return send(warehouse, '/oidc/v1/token', {
      method: 'POST',
      body: 'grant_type=client_credentials&scope=all-apis',
      headers: { authorization: `Basic ${basic}` },
    });
  }

  it('serves the driver as a service principal', async () => {
    const principal = warehouse.oauth.register('robot');
    const options = warehouse.oauthConnectionOptions(principal);
    assert.strictEqual(await runProxied(warehouse, options, 'SELECT 1'), '1');
    assert.deepStrictEqual(
      warehouse.requestsTo('oauth').map(({ method }) => method),
      ['GET', 'POST'],
    );
    assert.strictEqual(warehouse.requestsTo('ExecuteStatement')[0]?.tenant, 'robot');
  });

  it('refuses a secret that was rotated away', async () => {
    const old = warehouse.oauth.register('robot');
    const rotated = warehouse.oauth.rotateSecret(old.clientId);
    assert.strictEqual((await grant(old)).status, 401);
    assert.strictEqual((await grant(rotated)).status, 200);
    warehouse.oauth.remove(old.clientId);
    assert.strictEqual((await grant(rotated)).status, 401);
  });

  it('gives tokens that expire and can be revoked', async () => {
    const path = '/api/2.0/connector-service/feature-flags/NODEJS/2.1.0';
    const statusWith = async (body: string): Promise<number | undefined> => {
      const { access_token: token } = JSON.parse(body) as { access_token: string };
      const headers = { authorization: `Bearer ${token}` };
      return (await send(warehouse, path, { headers })).status;
    };
    const principal = warehouse.oauth.register('robot');
    const { body } = await grant(principal);
    assert.strictEqual(await statusWith(body), 200);
    warehouse.tokens.revokeAll('robot');
    assert.strictEqual(await statusWith(body), 403);
    warehouse.oauth.tokenLifetimeSeconds = 0;
    assert.strictEqual(await statusWith((await grant(principal)).body), 403);
  });
});
