import * as assert from 'node:assert/strict';
import { CertificateAuthority } from '../../src';
import { connect, quietClient } from '../support/driver';

describe('mutual TLS', () => {
  it('lets in who shows a certificate of the authority, and nobody else', async () => {
    const { warehouse, session, close } = await connect({ mutualTls: true });
    try {
      await session.executeStatement('SELECT 1');
      const [request] = warehouse.requestsTo('ExecuteStatement');
      assert.strictEqual(request?.clientName, 'local-client');

      const { clientCert, clientKey, ...without } = warehouse.connectionOptions();
      assert.ok(clientCert !== undefined && clientKey !== undefined);
      const stranger = new CertificateAuthority('Another Root CA').issueClient('stranger');
      for (const options of [
        without,
        { ...without, clientCert: stranger.certificate, clientKey: stranger.privateKey },
      ]) {
        const client = quietClient();
        await client.connect(options);
        await assert.rejects(client.openSession());
        await client.close();
      }
      assert.strictEqual(warehouse.requestsTo('OpenSession').length, 1);
    } finally {
      await close();
    }
  });
});
