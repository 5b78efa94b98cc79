import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Application } from './support/application';
import type { Client } from './support/application';
import { accepted, Bed, GATEWAY_TENANT } from './support/bed';
import { byEventId } from './support/logs';

/** What an application does, with every kind of record. */
async function work(client: Client): Promise<void> {
  const session = await client.openSession({ initialCatalog: 'main' });
  const query = await session.executeStatement('SELECT 1');
  await query.fetchAll();
  await query.close();
  const tables = await session.getTables({ schemaName: 'sales' });
  await tables.fetchAll();
  await tables.close();
  await session.getInfo(18);
  await session
    .executeStatement('SELECT * FROM no_such_table_at_all')
    .then(
      (operation) => operation.fetchAll(),
      () => undefined,
    )
    .catch(() => undefined);
  const canceled = await session.executeStatement('SELECT 2');
  await canceled.cancel().catch(() => undefined);
  const large = await session.executeStatement('SELECT * FROM range(200000)');
  await large.fetchAll();
  await large.close();
  await session.close();
}

describe('the gateway', () => {
  let bed: Bed;
  let application: Application;

  beforeEach(() => {
    application = new Application();
  });
  afterEach(async () => {
    await application.stop();
    await bed.stop();
  });

  it('sends the records that the spans make in the process', async () => {
    bed = await Bed.start({ timing: { reorderSeconds: 0.2 } });
    const client = await application.connect({
      ...bed.warehouse.connectionOptions(),
      userAgentEntry: 'shop',
    });
    await work(client);
    await client.close();
    const response = await bed.send(application.takeSpans());
    assert.deepEqual([response.status, await response.json()], [200, {}]);
    const expected = byEventId(await application.records());
    assert.ok(expected.size >= 8, String(expected.size));
    const sent = await accepted(bed.warehouse, expected.size);
    assert.deepEqual(byEventId(sent), expected);
    assert.equal(sent.length, expected.size);
    for (const post of bed.warehouse.telemetry) assert.equal(post.tenant, GATEWAY_TENANT);
  });
});
