import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@dbsql-otel/local-warehouse';
import { afterEach, describe, it } from 'mocha';
import { accepted, Bed, GATEWAY_TENANT } from '../support/bed';
import { FACTS, otlpSpan, requestOf, statementSpans } from '../support/spans';
import type { OtlpSpan, Producer } from '../support/spans';

const RESOURCE = {
  'process.runtime.version': '22.9.9',
  'os.type': 'windows',
  'os.version': '10.0.1',
  'host.arch': 'arm64',
  'process.executable.name': 'node',
  'process.command': '/home/ann/shop/worker.js',
};

function driverLog(log: JsonObject | undefined): Readonly<Record<string, unknown>> {
  const { entry } = (log ?? {}) as { readonly entry?: { readonly sql_driver_log?: object } };
  return { ...entry?.sql_driver_log };
}

describe('connections', () => {
  let bed: Bed;
  afterEach(() => bed.stop());

  function producer(index = 0): Producer {
    const { port } = bed.warehouses[index] ?? bed.warehouse;
    return { connectionId: randomUUID(), host: '127.0.0.1', port };
  }

  async function send(
    spans: readonly OtlpSpan[],
    resource: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    assert.equal((await bed.post(requestOf(spans, resource))).status, 200);
  }

  it('are described by the resource of their process, not by the gateway', async () => {
    bed = await Bed.start();
    const from = producer();
    const entry = { ...FACTS, 'databricks.connection.user_agent_entry': 'shop' };
    await send([otlpSpan(from, 'connect', entry), ...statementSpans(from, 'one')], RESOURCE);
    const [log] = await accepted(bed.warehouse, 1);
    assert.deepEqual(driverLog(log)['system_configuration'], {
      driver_name: 'nodejs-sql-driver',
      driver_version: '2.1.0',
      runtime_name: 'Node.js',
      runtime_version: 'v22.9.9',
      runtime_vendor: 'Node.js Foundation',
      os_name: 'win32',
      os_version: '10.0.1',
      os_arch: 'arm64',
      char_set_encoding: 'UTF-8',
      process_name: 'worker',
      client_app_name: 'shop',
    });
    assert.equal(
      bed.warehouse.telemetry[0]?.headers['user-agent'],
      'NodejsDatabricksSqlConnector/2.1.0 (shop; Node.js 22.9.9; Windows_NT 10.0.1)',
    );
  });

  it('are described when their facts come after their spans, from connect or openSession', async () => {
    bed = await Bed.start({ timing: { reorderSeconds: 60 } });
    for (const operation of ['connect', 'open_session'] as const) {
      const from = producer();
      await send(statementSpans(from, `early-${operation}`));
      assert.equal(bed.gateway.stats().waiting, 2);
      await send([otlpSpan(from, operation, { ...FACTS, 'databricks.session.id': operation })]);
      assert.equal(bed.gateway.stats().waiting, 0);
    }
    const logs = await accepted(bed.warehouse, 3);
    for (const log of logs) assert.equal(driverLog(log)['auth_type'], 'pat');
  });

  it('are reported without facts when these do not come in time', async () => {
    bed = await Bed.start({ timing: { reorderSeconds: 0.05 } });
    const from = producer();
    await send(statementSpans(from, 'one'));
    const [log] = await accepted(bed.warehouse, 1);
    assert.equal(driverLog(log)['sql_statement_id'], 'one');
    assert.equal(driverLog(log)['auth_type'], undefined);
    await send([otlpSpan(from, 'open_session', FACTS), ...statementSpans(from, 'two')]);
    const logs = await accepted(bed.warehouse, 3);
    assert.equal(driverLog(logs.at(-1))['auth_type'], 'pat');
  });

  it('tell the host of the parts of a statement that do not name it', async () => {
    bed = await Bed.start({ timing: { reorderSeconds: 60 } });
    const from = producer();
    const [statement, close] = statementSpans(from, 'one');
    const hostless = { 'server.address': undefined, 'server.port': undefined };
    const fetched = otlpSpan(from, 'fetch', {
      ...hostless,
      'databricks.statement.id': 'one',
      'databricks.fetch.row_count': 3,
    });
    await send([fetched]);
    await send([statement, close, otlpSpan(from, 'connect', FACTS)]);
    await accepted(bed.warehouse, 1);
    await bed.stopGateway();
    await bed.startGateway();
    assert.equal(bed.gateway.stats().journaled, 0);
  });

  it('that opted out, or that the driver reports, make no record', async () => {
    bed = await Bed.start();
    const optedOut = producer();
    const byDriver = producer();
    const own = producer();
    await send([
      otlpSpan(optedOut, 'connect', { ...FACTS, 'databricks.connection.opted_out': true }),
      ...statementSpans(optedOut, 'opted-out'),
      otlpSpan(byDriver, 'connect', FACTS),
      otlpSpan(byDriver, 'open_session', { 'databricks.driver.telemetry_enabled': true }),
      ...statementSpans(byDriver, 'by-driver'),
      otlpSpan(own, 'connect', FACTS),
      ...statementSpans(own, 'own'),
    ]);
    await accepted(bed.warehouse, 1);
    const { spans } = bed.gateway.stats();
    assert.equal(spans['optedOut'], 3);
    assert.equal(spans['reportedByDriver'], 4);
    await bed.stopGateway();
    assert.doesNotMatch(JSON.stringify(bed.warehouse.telemetry), /opted-out|by-driver/);
  });

  it('are reported to their workspace with its credential, and to no other', async () => {
    bed = await Bed.start({ warehouses: 4 });
    const spans = bed.warehouses.flatMap((_, index) => {
      const from = producer(index);
      return [otlpSpan(from, 'connect', FACTS), ...statementSpans(from, `of-${index}`)];
    });
    await send(spans.toReversed());
    for (const [index, warehouse] of bed.warehouses.entries()) {
      const logs = await accepted(warehouse, 1);
      assert.deepEqual(
        logs.map((log) => driverLog(log)['sql_statement_id']),
        [`of-${index}`],
      );
      for (const post of warehouse.telemetry) assert.equal(post.tenant, GATEWAY_TENANT);
    }
  });

  it('are reported with tokens of a service principal, which are fetched once and replaced', async () => {
    bed = await Bed.start({
      config: ({ warehouse, folder }) => {
        const principal = warehouse.oauth.register(GATEWAY_TENANT);
        process.env['GATEWAY_TEST_SECRET'] = principal.clientSecret;
        return {
          workspaces: [
            {
              host: '127.0.0.1',
              port: warehouse.port,
              credentials: {
                kind: 'oauth',
                client: {
                  clientId: principal.clientId,
                  clientSecret: { env: 'GATEWAY_TEST_SECRET' },
                },
              },
              caFile: `${folder}/ca-0.pem`,
            },
          ],
        };
      },
    });
    try {
      const from = producer();
      await send([otlpSpan(from, 'connect', FACTS), ...statementSpans(from, 'one')]);
      await accepted(bed.warehouse, 1);
      await send(statementSpans(from, 'two'));
      await accepted(bed.warehouse, 2);
      assert.equal(bed.warehouse.requestsTo('oauth').length, 1);
      // Used up before the next batch.
      bed.warehouse.oauth.tokenLifetimeSeconds = 0.001;
      await bed.stopGateway();
      await bed.startGateway();
      await send(statementSpans(from, 'three'));
      await bed.warehouse.received('oauth', 2);
      await bed.stopGateway();
      bed.warehouse.oauth.tokenLifetimeSeconds = 3_600;
      await bed.startGateway();
      await accepted(bed.warehouse, 3);
      for (const post of bed.warehouse.telemetry) {
        if (post.accepted.length > 0) assert.equal(post.tenant, GATEWAY_TENANT);
      }
      assert.ok(!bed.lines.join('\n').includes(process.env['GATEWAY_TEST_SECRET'] ?? ''));
    } finally {
      delete process.env['GATEWAY_TEST_SECRET'];
    }
  });
});
