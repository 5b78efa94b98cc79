import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { CHANNEL_DATABRICKS_TELEMETRY } from '../../src/semconv';
import type { ConnectionMessage, TelemetryConnection, TelemetryOwner } from '../../src/semconv';
import { isDriverAtLeast } from '../support/driver';
import { TestBed } from '../support/test-bed';

const CLOUD_FETCH = { useCloudFetch: true };
const FILES = 'SELECT * FROM range(300) /* local-warehouse: cloudfetch=3 download-delay=20 */';
const SWITCHES = [
  'socket_timeout',
  ...(isDriverAtLeast(1, 8) ? ['lz4_enabled'] : []),
  'arrow_enabled',
  'direct_results_enabled',
];

describe('facts that the answers have already', () => {
  let bed: TestBed;

  before(async () => {
    bed = await TestBed.start();
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
  });

  async function run(sql: string, options: object = {}): Promise<void> {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(sql, options);
      await operation.fetchAll().catch(() => {});
      await operation.close();
    });
  }

  it('are the rows that DML modified, and none of a query', async () => {
    await run('INSERT INTO t VALUES (1)');
    assert.equal(
      bed.spanOf('execute_statement').attributes['databricks.statement.modified_row_count'],
      1,
    );
    bed.reset();
    await run('SELECT 1');
    assert.equal(
      bed.spanOf('execute_statement').attributes['databricks.statement.modified_row_count'],
      undefined,
    );
  });

  it('are the cache lookup and the uncompressed size of the result', async () => {
    await run('SELECT * FROM range(1000)');
    const { attributes } = bed.spanOf('close_statement');
    assert.equal(attributes['databricks.result.cache_lookup'], 'ineligible');
    assert.ok(Number(attributes['databricks.result.uncompressed_size']) > 0);
  });

  it('are the host of the storage and the HTTP status of a download, without path and query', async () => {
    await run(FILES, CLOUD_FETCH);
    const downloads = bed.spansOf('cloudfetch_download');
    assert.equal(downloads.length, 3);
    for (const { attributes } of downloads) {
      assert.equal(attributes['databricks.cloudfetch.host'], '127.0.0.1');
      assert.equal(attributes['http.response.status_code'], 200);
      assert.doesNotMatch(JSON.stringify(attributes), /https?:|X-Amz|[?&]/);
    }
    const most = Number(
      bed.spanOf('close_statement').attributes['databricks.cloudfetch.concurrency_max'],
    );
    assert.ok(most >= 1 && most <= 3, String(most));
    for (const metric of [
      'databricks.client.cloudfetch.download.duration',
      'databricks.client.cloudfetch.size',
      'databricks.client.cloudfetch.throughput',
    ]) {
      const points = await bed.metric(metric);
      const point = points.find(
        ({ attributes }) => attributes['http.response.status_code'] === 200,
      );
      assert.equal(point?.attributes['databricks.cloudfetch.host'], '127.0.0.1', metric);
    }
  });

  it('are the status of a download that failed', async () => {
    await run(FILES.replace('*/', 'error=download@0 */'), CLOUD_FETCH);
    const failed = bed
      .spansOf('cloudfetch_download')
      .find(({ attributes }) => attributes['error.type'] === '403');
    assert.equal(failed?.attributes['http.response.status_code'], 403);
    const points = await bed.metric('databricks.client.cloudfetch.download.duration');
    assert.ok(points.some(({ attributes }) => attributes['http.response.status_code'] === 403));
  });

  it('leave the span of connect to its readers where telemetry has the configuration', async () => {
    await (await bed.connect()).close();
    const unclaimed = bed.spanOf('connect').attributes;
    for (const name of SWITCHES) assert.ok(`databricks.connection.${name}` in unclaimed, name);
    bed.reset();

    let connection: TelemetryConnection | undefined;
    const owner: TelemetryOwner = { isOpen: true, connectionClosed: () => Promise.resolve() };
    const claim = (message: unknown): void => {
      const asked = message as ConnectionMessage;
      if (asked.type === 'connection') connection = asked.claim(owner);
    };
    subscribe(CHANNEL_DATABRICKS_TELEMETRY, claim);
    try {
      await (await bed.connect({ telemetryEnabled: true })).close();
    } finally {
      unsubscribe(CHANNEL_DATABRICKS_TELEMETRY, claim);
    }
    const claimed = bed.spanOf('connect').attributes;
    for (const name of SWITCHES) {
      assert.ok(!(`databricks.connection.${name}` in claimed), name);
      assert.ok(`databricks.connection.${name}` in (connection?.attributes ?? {}), name);
    }
    assert.ok('databricks.connection.auth_type' in claimed);
  });
});

describe('OTEL_SEMCONV_STABILITY_OPT_IN', () => {
  const NAME = 'OTEL_SEMCONV_STABILITY_OPT_IN';
  const given = process.env[NAME];
  afterEach(() => {
    if (given === undefined) delete process.env[NAME];
    else process.env[NAME] = given;
  });

  const OLD_NAMES = ['db.system', 'db.name', 'db.statement', 'db.operation'];
  for (const [value, isDouble] of [
    ['database/dup', true],
    ['http, database/dup', true],
    ['database', false],
    ['', false],
  ] as const) {
    it(`${value === '' ? 'unset' : value} ${isDouble ? 'adds' : 'does not add'} the old names`, async () => {
      process.env[NAME] = value;
      const bed = await TestBed.start();
      try {
        const client = await bed.connect();
        const session = await client.openSession({
          initialCatalog: 'main',
          initialSchema: 'sales',
        });
        await (await session.executeStatement("SELECT 'x' FROM orders")).close();
        await (await session.getTables({})).close();
        await session.close();
        await client.close();
        const { attributes } = bed.spanOf('execute_statement');
        const old = OLD_NAMES.map((name) => attributes[name]);
        assert.deepEqual(
          old,
          isDouble
            ? ['databricks', 'main|sales', attributes['db.query.text'], 'SELECT']
            : [undefined, undefined, undefined, undefined],
        );
        assert.equal(attributes['db.system.name'], 'databricks');
        const metadata = bed.spanOf('get_tables').attributes['db.operation'];
        assert.equal(metadata, isDouble ? 'getTables' : undefined);
      } finally {
        await bed.stop();
      }
    });
  }
});
