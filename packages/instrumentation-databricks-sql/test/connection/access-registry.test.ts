import assert from 'node:assert/strict';
import { CLOSED_ACCESS_GRACE_MS } from '../../src/connection/access-registry';
import type { SinonFakeTimers } from 'sinon';
import { isDriverAtLeast } from '../support/driver';
import { TestBed } from '../support/test-bed';
import { useFakeClock } from '../support/fake-clock';

describe('access', () => {
  let bed: TestBed;
  let clock: SinonFakeTimers | undefined;

  before(async () => {
    bed = await TestBed.start();
    bed.expectsLeaks = true;
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
  });
  afterEach(() => {
    clock?.restore();
    clock = undefined;
  });

  function connectionId(): string {
    return String(bed.spansOf('connect').at(-1)?.attributes['databricks.connection.id']);
  }

  it('speaks to the workspace as the driver does', async () => {
    const client = await bed.connect();
    const access = bed.instrumentation.access.connection(connectionId());
    assert.ok(access);
    assert.equal(access.host, '127.0.0.1');
    assert.equal(access.port, bed.warehouse.port);
    assert.equal(access.orgId, bed.warehouse.workspaceId);
    assert.match(access.userAgent ?? '', /^NodejsDatabricksSqlConnector\//);
    const headers = await access.headers();
    assert.equal(headers['Authorization'], `Bearer ${bed.warehouse.token}`);
    const provider = await client.getConnectionProvider();
    assert.equal(await access.agent(), await provider.getAgent());
    await client.close();
  });

  it('asks the provider anew each time, and rejects with what it rejects with', async () => {
    let calls = 0;
    const refused = new Error('refused');
    const client = new bed.driver.DBSQLClient({ logger: { log: () => {} } });
    await client.connect(
      { ...bed.warehouse.connectionOptions(), telemetryEnabled: false },
      {
        authenticate: async () => {
          calls += 1;
          if (calls === 3) throw refused;
          return new Map([['Authorization', `Bearer ${calls}`]]) as never;
        },
      },
    );
    const access = bed.instrumentation.access.connection(connectionId());
    assert.equal((await access?.headers())?.['Authorization'], 'Bearer 1');
    assert.equal((await access?.headers())?.['Authorization'], 'Bearer 2');
    await assert.rejects(access?.headers() ?? Promise.resolve(), refused);
    await client.close();
  });

  it('of the former connection is closed when a client connects again', async () => {
    const client = await bed.connect();
    const former = connectionId();
    const { access } = bed.instrumentation;
    const closed: string[] = [];
    const stop = access.onClosed((connection) => closed.push(connection));
    await client.connect({ ...bed.warehouse.connectionOptions(), telemetryEnabled: false });
    const current = connectionId();
    assert.deepEqual(closed, [former]);
    access.release(former);
    assert.equal(access.connection(former), undefined);
    assert.ok(access.connection(current));
    await client.close();
    stop();
    access.release(current);
    assert.deepEqual(closed, [former, current]);
  });

  it('carries the custom headers of the connection where the driver has any', async function () {
    // Releases before 1.15 are not asked: the oldest of them lack the option.
    if (!isDriverAtLeast(1, 15)) this.skip();
    const customHeaders = { 'X-Gateway': 'east', 'x-databricks-org-id': '42' };
    const client = await bed.connect({ customHeaders });
    const access = bed.instrumentation.access.connection(connectionId());
    const headers = await access?.headers();
    assert.equal(headers?.['X-Gateway'], 'east');
    assert.equal(headers['Authorization'], `Bearer ${bed.warehouse.token}`);
    assert.equal(access?.orgId, '42');
    await client.close();
  });

  it('outlives the close of the client until it is released', async () => {
    const client = await bed.connect();
    const id = connectionId();
    const { access } = bed.instrumentation;
    const closed: string[] = [];
    const stop = access.onClosed((connection) => closed.push(connection));
    await client.close();
    stop();
    assert.deepEqual(closed, [id]);
    const headers = await access.connection(id)?.headers();
    assert.equal(headers?.['Authorization'], `Bearer ${bed.warehouse.token}`);
    assert.ok(await access.connection(id)?.agent());
    access.release(id);
    assert.equal(access.connection(id), undefined);
    await (await bed.connect()).close();
    assert.equal(closed.length, 1, 'the subscription has ended');
  });

  it('keeps a closed connection until every subscriber has released it', async () => {
    const { access } = bed.instrumentation;
    const stops = [access.onClosed(() => {}), access.onClosed(() => {})];
    const client = await bed.connect();
    const id = connectionId();
    await client.close();
    access.release(id);
    assert.ok(await access.connection(id)?.headers(), 'one exporter is still flushing');
    access.release(id);
    assert.equal(access.connection(id), undefined);
    for (const stop of stops) stop();
  });

  it('is authenticated only when the provider has served the driver', async () => {
    const client = await bed.connect();
    const access = bed.instrumentation.access.connection(connectionId());
    assert.equal(access?.isAuthenticated, false);
    const session = await client.openSession();
    assert.equal(access?.isAuthenticated, true);
    await session.close();
    await client.close();
    const denied = new bed.driver.DBSQLClient({ logger: { log: () => {} } });
    await denied.connect({ ...bed.warehouse.connectionOptions(), token: 'dapi-wrong' });
    await assert.rejects(denied.openSession());
    assert.equal(bed.instrumentation.access.connection(connectionId())?.isAuthenticated, false);
    await denied.close();
  });

  it('asks a provider for fresh headers, but not after it has failed the driver', async () => {
    let calls = 0;
    let isLoggedOut = false;
    const token = `Bearer ${bed.warehouse.token}`;
    const client = new bed.driver.DBSQLClient({ logger: { log: () => {} } });
    await client.connect(
      { ...bed.warehouse.connectionOptions(), telemetryEnabled: false },
      {
        authenticate: async () => {
          calls += 1;
          if (isLoggedOut) throw new Error('logged out');
          return { Authorization: token, 'X-Call': String(calls) };
        },
      },
    );
    const session = await client.openSession();
    const access = bed.instrumentation.access.connection(connectionId());
    assert.ok(access);
    const callsOfDriver = calls;
    assert.equal((await access.headers())['X-Call'], String(callsOfDriver));
    assert.equal((await access.headers({ refresh: true }))['X-Call'], String(callsOfDriver + 1));
    // An answer of the warehouse is no failure of the provider.
    bed.warehouse.script('SELECT broken', {
      error: { at: 'submit', message: 'broken', sqlState: '42000' },
    });
    await session
      .executeStatement('SELECT broken')
      .then((operation) => operation.fetchAll())
      .catch(() => undefined);
    const callsBefore = calls;
    await access.headers({ refresh: true });
    assert.equal(calls, callsBefore + 1);
    isLoggedOut = true;
    await assert.rejects(session.executeStatement('SELECT 1'), /logged out/);
    const callsAtFailure = calls;
    assert.equal((await access.headers({ refresh: true }))['Authorization'], token);
    assert.equal(calls, callsAtFailure);
    isLoggedOut = false;
    await session.close();
    await access.headers({ refresh: true });
    assert.equal(calls, callsAtFailure + 2, 'the driver has succeeded');
    await client.close();
  });

  it('does not outlive the grace period', async () => {
    const client = await bed.connect();
    const id = connectionId();
    clock = useFakeClock({
      toFake: ['setTimeout', 'clearTimeout'],
      shouldClearNativeTimers: true,
    });
    await client.close();
    clock.tick(CLOSED_ACCESS_GRACE_MS - 1);
    assert.ok(bed.instrumentation.access.connection(id));
    clock.tick(1);
    assert.equal(bed.instrumentation.access.connection(id), undefined);
  });

  it('is not released while the client is open', async () => {
    const client = await bed.connect();
    bed.instrumentation.access.release(connectionId());
    assert.ok(bed.instrumentation.access.connection(connectionId()));
    await client.close();
  });

  it('survives a close that rejects', async () => {
    const client = await bed.connect();
    await client.openSession();
    const closed: string[] = [];
    const stop = bed.instrumentation.access.onClosed((id) => closed.push(id));
    bed.warehouse.fault({ match: 'CloseSession', status: 403, times: 1 });
    await assert.rejects(client.close());
    stop();
    assert.deepEqual(closed, [connectionId()]);
    assert.ok(
      (await bed.instrumentation.access.connection(connectionId())?.headers())?.['Authorization'],
    );
    await client.close();
  });

  it('is one for each connect of a client', async () => {
    const client = await bed.connect();
    const first = connectionId();
    await client.connect({ ...bed.warehouse.connectionOptions(), telemetryEnabled: false });
    const second = connectionId();
    assert.notEqual(first, second);
    assert.ok(bed.instrumentation.access.connection(first), 'for its final flush');
    assert.ok(bed.instrumentation.access.connection(second));
    await client.close();
  });
});
