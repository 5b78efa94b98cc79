import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import { DRIVER_VERSION, idOf, isDriverAtLeast } from '../support/driver';
import { RecordingOwner } from '../support/telemetry-owner';
import { TestBed } from '../support/test-bed';

describe('DBSQLClient', () => {
  let bed: TestBed;

  before(async () => {
    bed = await TestBed.start();
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
  });

  it('tells the connection once, with its configuration', async () => {
    const client = await bed.connect({ socketTimeout: 60_000 });
    await client.close();
    const { name, kind, attributes, status } = bed.spanOf('connect');
    assert.equal(name, 'connect 127.0.0.1');
    assert.equal(kind, SpanKind.INTERNAL);
    assert.equal(status.code, SpanStatusCode.UNSET);
    assert.match(String(attributes['databricks.connection.id']), /^[0-9a-f-]{36}$/);
    assert.deepEqual(
      { ...attributes, 'databricks.connection.id': undefined },
      {
        'databricks.connection.id': undefined,
        'databricks.operation': 'connect',
        'db.system.name': 'databricks',
        'server.address': '127.0.0.1',
        'server.port': bed.warehouse.port,
        'databricks.client.backend': 'thrift',
        'databricks.warehouse.id': bed.warehouse.warehouseId,
        'databricks.workspace.id': bed.warehouse.workspaceId,
        'databricks.driver.version': DRIVER_VERSION,
        'databricks.connection.http_path': bed.warehouse.httpPath,
        'databricks.connection.auth_type': 'access-token',
        'databricks.connection.use_proxy': false,
        'databricks.connection.socket_timeout': 60_000,
        'databricks.connection.cloudfetch_enabled': isDriverAtLeast(1, 11),
        ...(isDriverAtLeast(1, 8) ? { 'databricks.connection.lz4_enabled': true } : {}),
        'databricks.connection.arrow_enabled': true,
        'databricks.connection.direct_results_enabled': true,
        'databricks.connection.metric_view_metadata': false,
      },
    );
  });

  it('refines OAuth by its flow and takes a provider for custom', async function () {
    // Older drivers refuse OAuth for hosts of no known cloud.
    if (!isDriverAtLeast(1, 9)) this.skip();
    const client = new bed.driver.DBSQLClient({ logger: { log: () => {} } });
    const provider = { authenticate: async () => ({ Authorization: 'Bearer x' }) };
    const options = bed.warehouse.connectionOptions();
    await client.connect({ ...options, telemetryEnabled: false }, provider);
    await client.connect({
      ...options,
      token: undefined as never,
      telemetryEnabled: false,
      authType: 'databricks-oauth',
      oauthClientId: 'id',
      oauthClientSecret: 'secret',
    } as never);
    await client.close();
    assert.deepEqual(
      bed.spansOf('connect').map((span) => span.attributes['databricks.connection.auth_type']),
      ['custom', 'oauth-m2m'],
    );
  });

  it('leaves out a token that stands where the user agent entry belongs', async () => {
    const entry = isDriverAtLeast(1, 10) ? 'userAgentEntry' : 'clientId';
    const first = await bed.connect({ [entry]: 'dapi0123456789' });
    const second = await bed.connect({ [entry]: 'reports' });
    await first.close();
    await second.close();
    assert.deepEqual(
      bed
        .spansOf('connect')
        .map((span) => span.attributes['databricks.connection.user_agent_entry']),
      [undefined, 'reports'],
    );
  });

  it('names the session after its namespace and gives its id to all that follows', async () => {
    const client = await bed.connect();
    const session = await client.openSession({ initialCatalog: 'main', initialSchema: 'sales' });
    const operation = await session.executeStatement('SELECT 1');
    await operation.close();
    await session.close();
    await client.close();
    const open = bed.spanOf('open_session');
    assert.equal(open.name, 'openSession main|sales');
    assert.equal(open.kind, SpanKind.CLIENT);
    assert.equal(open.attributes['databricks.driver.telemetry_enabled'], false);
    for (const kind of ['open_session', 'execute_statement', 'close_statement', 'close_session']) {
      const { attributes } = bed.spanOf(kind);
      assert.equal(attributes['databricks.session.id'], idOf(session), kind);
      assert.equal(attributes['db.namespace'], 'main|sales', kind);
      assert.equal(
        attributes['databricks.connection.id'],
        bed.spanOf('connect').attributes['databricks.connection.id'],
      );
    }
  });

  it('shows a session that is refused, with the SQLSTATE or the status', async () => {
    const client = await bed.connect();
    bed.warehouse.fault({ match: 'OpenSession', status: 403, times: 1 });
    const error: unknown = await client.openSession().catch((reason: unknown) => reason);
    await client.close();
    const { attributes, status, events } = bed.spanOf('open_session');
    assert.equal((error as { statusCode?: number }).statusCode, 403);
    assert.equal(attributes['error.type'], '403');
    assert.equal(attributes['databricks.error.retryable'], false);
    assert.equal(status.code, SpanStatusCode.ERROR);
    assert.equal(events.length, 1);
  });

  it('turns the telemetry of the driver off where a consumer claims the connection', async () => {
    const owner = new RecordingOwner();
    // As from another realm, a sandbox of tests for one: no instance of our Object.
    const options = Object.setPrototypeOf(
      { ...bed.warehouse.connectionOptions(), telemetryEnabled: true },
      null,
    ) as ReturnType<typeof bed.warehouse.connectionOptions> & { telemetryEnabled: boolean };
    const client = new bed.driver.DBSQLClient({ logger: { log: () => {} } });
    await client.connect(options);
    assert.equal(options.telemetryEnabled, true);
    if (isDriverAtLeast(1, 15)) {
      const config: { telemetryEnabled?: boolean } = client.getConfig();
      assert.equal(config.telemetryEnabled, false);
      owner.stop();
      await client.connect(options);
      assert.equal(config.telemetryEnabled, true, 'without an owner');
    }
    owner.stop();
    await client.close();
  });

  /** How the driver refuses to connect without options. */
  const refusal = async (): Promise<string> => {
    const client = new bed.driver.DBSQLClient({ logger: { log: () => {} } });
    const connect = client.connect.bind(client) as (options?: unknown) => Promise<unknown>;
    return connect().then(String, String);
  };

  it('leaves what is no options to the driver to refuse', async () => {
    const owner = new RecordingOwner();
    const replaced = await refusal();
    owner.stop();
    assert.equal(replaced, await refusal());
    assert.match(replaced, /TypeError/);
  });

  it('makes no connection spans when they are not wanted, and still knows the connection', async () => {
    bed.instrumentation.setConfig({ connectionSpans: false });
    await bed.withSession(async (session) => {
      await (await session.executeStatement('SELECT 1')).close();
    });
    assert.deepEqual(
      bed.spans.map((span) => span.attributes['databricks.operation']),
      ['execute_statement', 'close_statement'],
    );
    const { attributes } = bed.spanOf('execute_statement');
    assert.ok(attributes['databricks.session.id']);
    assert.equal(attributes['databricks.warehouse.id'], bed.warehouse.warehouseId);
  });

  it('picks up a client that was connected while it was disabled', async () => {
    bed.instrumentation.disable();
    const client = await bed.connect();
    const session = await client.openSession();
    bed.instrumentation.enable();
    await (await session.executeStatement('SELECT 1')).close();
    await session.close();
    await client.close();
    const { attributes } = bed.spanOf('execute_statement');
    assert.equal(attributes['server.address'], '127.0.0.1');
    assert.equal(attributes['databricks.session.id'], idOf(session));
    assert.equal(attributes['databricks.warehouse.id'], bed.warehouse.warehouseId);
    assert.equal(bed.spansOf('close_session').length, 1);
  });
});
