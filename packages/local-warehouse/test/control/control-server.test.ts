import assert from 'node:assert/strict';
import { ControlServer } from '../../src';
import { connect } from '../support/driver';
import type { Connected } from '../support/driver';

/** What the calls answer, with the fields that the tests read. */
type Answer = Readonly<Record<string, unknown>> & readonly Readonly<Record<string, unknown>>[];

describe('control API', () => {
  let connected: Connected;
  let control: ControlServer;
  before(async () => {
    connected = await connect();
    control = await ControlServer.start(connected.warehouse);
  });
  after(async () => {
    await control.stop();
    await connected.close();
  });
  afterEach(() => call('POST', '/reset'));

  async function call(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; value: Answer }> {
    const response = await fetch(`${control.url}${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return { status: response.status, value: text === '' ? undefined : JSON.parse(text) };
  }

  async function rows(sql: string): Promise<object[]> {
    const operation = await connected.session.executeStatement(sql);
    try {
      return await operation.fetchAll();
    } finally {
      await operation.close();
    }
  }

  it('describes the warehouse', async () => {
    const { value } = await call('GET', '/');
    const { port, token, httpPath, authority } = connected.warehouse;
    assert.equal(value['port'], port);
    assert.equal(value['token'], token);
    assert.equal(value['httpPath'], httpPath);
    assert.equal(value['certificate'], authority.certificate);
  });

  it('scripts statements', async () => {
    const { value } = await call('POST', '/scripts', {
      match: { pattern: '^select 2', flags: 'i' },
      script: { error: { at: 'execute', condition: 'SCRIPTED', sqlState: '58000' } },
      times: 1,
    });
    assert.deepEqual(await rows('SELECT 1 AS a'), [{ a: 1 }]);
    await assert.rejects(rows('SELECT 2 AS a'), /\[SCRIPTED\]/);
    assert.deepEqual((await call('GET', `/scripts/${String(value['id'])}`)).value, { hits: 1 });
    assert.deepEqual(await rows('SELECT 2 AS a'), [{ a: 2 }]);
  });

  it('releases statements that are polled, and removes scripts', async () => {
    const { value } = await call('POST', '/scripts', {
      match: 'SELECT 3',
      script: { polls: 1_000_000, pollDelayMs: 1 },
    });
    const pending = rows('SELECT 3 AS a');
    await connected.warehouse.received('GetOperationStatus');
    assert.equal((await call('POST', `/scripts/release/${String(value['id'])}`)).status, 204);
    assert.deepEqual(await pending, [{ a: 3 }]);
    assert.equal((await call('DELETE', `/scripts/${String(value['id'])}`)).status, 204);
    assert.deepEqual(await rows('SELECT 3 AS a'), [{ a: 3 }]);
  });

  it('makes requests fail until the fault is removed', async () => {
    const { value } = await call('POST', '/faults', {
      match: 'ExecuteStatement',
      status: 400,
    });
    await assert.rejects(rows('SELECT 1'));
    assert.deepEqual((await call('GET', `/faults/${String(value['id'])}`)).value, { hits: 1 });
    await call('DELETE', `/faults/${String(value['id'])}`);
    assert.deepEqual(await rows('SELECT 1 AS a'), [{ a: 1 }]);
  });

  it('shows statements and requests, without credentials', async () => {
    await call('DELETE', '/logs');
    await rows('SELECT 1 AS a');
    const [statement] = (await call('GET', '/statements')).value;
    assert.equal(statement?.['sql'], 'SELECT 1 AS a');
    assert.equal(statement?.['state'], 'FINISHED');
    assert.equal(statement?.['format'], 'arrow');
    const { value } = await call('GET', '/requests?match=ExecuteStatement');
    assert.deepEqual(
      value.map((request) => [request['name'], request['status']]),
      [['ExecuteStatement', 200]],
    );
    assert.equal(JSON.stringify(value).includes(connected.warehouse.token), false);
    assert.deepEqual((await call('GET', '/telemetry')).value, []);
  });

  it('issues and revokes tokens, sets the flag, expires sessions', async () => {
    const token = String((await call('POST', '/tokens', { tenant: 'other' })).value['token']);
    assert.equal(connected.warehouse.tokens.tenantOf(`Bearer ${token}`), 'other');
    await call('DELETE', `/tokens/${token}`);
    assert.equal(connected.warehouse.tokens.tenantOf(`Bearer ${token}`), undefined);
    assert.equal((await call('PUT', '/flag', { enabled: false })).value['enabled'], false);
    assert.equal(connected.warehouse.flag.enabled, false);
    assert.equal(connected.warehouse.openSessions, 1);
    await call('POST', '/sessions/expire');
    assert.equal(connected.warehouse.openSessions, 0);
  });

  it('refuses what it does not know', async () => {
    assert.equal((await call('GET', '/nowhere')).status, 404);
    assert.equal((await call('GET', '/scripts/none')).status, 404);
    assert.equal((await call('POST', '/scripts', { match: { pattern: '(' } })).status, 400);
    assert.equal((await call('POST', '/scripts', {})).status, 400);
    const fromPage = await call('GET', '/', undefined, { origin: 'http://page.example' });
    assert.equal(fromPage.status, 403);
    const response = await fetch(`${control.url}/scripts`, { method: 'POST', body: '{' });
    assert.equal(response.status, 400);
  });
});
