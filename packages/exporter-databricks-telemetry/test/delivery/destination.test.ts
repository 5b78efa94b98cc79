import assert from 'node:assert/strict';
import { Agent } from 'node:https';
import type { Attributes } from '@opentelemetry/api';
import type {
  ConnectionAccess,
  DatabricksAccess,
} from '@dbsql-otel/instrumentation-databricks-sql';
import { resolveExporterOptions } from '../../src/config';
import type { DatabricksTelemetryExporterOptions } from '../../src/config';
import { Destinations } from '../../src/delivery/destination';
import type { Destination } from '../../src/delivery/destination';
import { DiagRecorder } from '../diag-recorder';

const HOST = 'a.example.com';
const OWN: Attributes = { 'server.address': HOST };

function destinationsOf(options: DatabricksTelemetryExporterOptions): Destinations {
  return new Destinations(resolveExporterOptions(options));
}

function destinationOf(
  options: DatabricksTelemetryExporterOptions,
  facts: Attributes = {},
  spans: readonly Attributes[] = [],
): Destination | undefined {
  return destinationsOf(options).of({
    connectionId: 'c1',
    facts,
    records: spans.map((attributes) => ({ span: { attributes } }) as never),
  });
}

/** A connection of the instrumentation whose provider has served the driver, or not. */
function connectionOf(isAuthenticated?: boolean): ConnectionAccess {
  return {
    host: HOST,
    port: 443,
    orgId: undefined,
    userAgent: undefined,
    ...(isAuthenticated !== undefined && { isAuthenticated }),
    headers: () => Promise.resolve({}),
    agent: () => Promise.resolve(undefined),
  };
}

function accessTo(connection: ConnectionAccess | undefined): DatabricksAccess {
  return {
    connection: () => connection,
    onClosed: () => () => undefined,
    release: () => undefined,
  };
}

describe('Destinations', () => {
  describe('of a connection that is open', () => {
    const agent = new Agent();
    const connection: ConnectionAccess = {
      host: HOST.toUpperCase(),
      port: 8443,
      orgId: '42',
      userAgent: 'Driver/2',
      headers: () => Promise.resolve({ Authorization: 'a' }),
      agent: () => Promise.resolve(agent),
    };

    it('is the connection`s own', async () => {
      const facts = { 'databricks.connection.use_proxy': true };
      const destination = destinationOf(
        { access: accessTo(connection), host: 'b.example.com' },
        facts,
      );
      assert.ok(destination);
      const { headers, agent: agentOf, ...others } = destination;
      assert.deepStrictEqual(others, {
        id: 'c1',
        host: { hostname: HOST, port: 8443, key: `${HOST}:8443` },
        orgId: '42',
        userAgent: 'Driver/2',
        canRefresh: true,
        isGone: false,
      });
      assert.deepStrictEqual(await headers?.(), { Authorization: 'a' });
      assert.equal(await agentOf?.(), agent);
    });

    it('is none when its host is refused', () => {
      const access = accessTo({ ...connection, host: 'localhost' });
      assert.equal(destinationOf({ access }), undefined);
      assert.equal(destinationOf({ access, allowPrivateHosts: true })?.host.hostname, 'localhost');
    });
  });

  describe('with static credentials', () => {
    it('is one tenant, whatever the connection', async () => {
      const facts = {
        'databricks.workspace.id': '1234567890123456789',
        'server.address': HOST,
        'server.port': 8443,
      };
      const destination = destinationOf({ host: HOST, port: 8443, token: 'x' }, facts);
      assert.ok(destination);
      const { headers, ...others } = destination;
      assert.deepStrictEqual(others, {
        id: 'static',
        host: { hostname: HOST, port: 8443, key: `${HOST}:8443` },
        orgId: '1234567890123456789',
        userAgent: undefined,
        canRefresh: false,
        agent: undefined,
        isGone: false,
      });
      assert.deepStrictEqual(await headers?.(), { Authorization: 'Bearer x' });
    });

    it('takes headers before the token, and fetches them where they are a function', async () => {
      const headers = { Authorization: 'h' };
      assert.deepStrictEqual(
        await destinationOf({ host: HOST, token: 'x', headers }, OWN)?.headers?.(),
        headers,
      );
      const fetched = destinationOf({ host: HOST, headers: () => Promise.resolve(headers) }, OWN);
      assert.deepStrictEqual(await fetched?.headers?.(), headers);
      assert.equal(destinationOf({ host: HOST }, OWN)?.headers, undefined);
    });

    it('takes the agent that it is given', async () => {
      const agent = new Agent();
      assert.equal(await destinationOf({ host: HOST, token: 'x', agent }, OWN)?.agent?.(), agent);
    });

    it('has no organisation of a workspace that is no number', () => {
      for (const id of ['12a', 'a12', '12345678901234567890', '']) {
        const facts = { ...OWN, 'databricks.workspace.id': id };
        assert.equal(destinationOf({ host: HOST, token: 'x' }, facts)?.orgId, undefined, id);
      }
    });

    it('is for its own host, in any spelling', () => {
      const options = { host: `https://${HOST}/`, token: 'x' };
      const isStatic = (attributes: Attributes): boolean =>
        destinationOf(options, {}, [{}, attributes])?.id === 'static';
      assert.ok(isStatic({ 'server.address': HOST.toUpperCase() }));
      assert.ok(isStatic({ 'server.address': HOST, 'server.port': 443 }));
      assert.ok(!isStatic({ 'server.address': HOST, 'server.port': 8443 }));
      assert.ok(!isStatic({ 'server.address': 'b.example.com' }));
      assert.ok(!isStatic({ 'server.address': 'localhost' }));
    });

    it('takes its own port for a span that says none', () => {
      const options = { host: HOST, port: 8443, token: 'x' };
      const facts = { 'server.address': HOST };
      assert.equal(destinationOf(options, facts)?.id, 'static');
    });

    it('is none when both hosts are refused', () => {
      const facts = { 'server.address': '127.0.0.1' };
      assert.equal(destinationOf({ host: 'localhost', token: 'x' }, facts), undefined);
    });
  });

  describe('of a connection that is gone', () => {
    it('leads where its spans went, without anything of its own', () => {
      const facts = { 'databricks.workspace.id': '42' };
      const span = { 'server.address': HOST, 'server.port': 8443 };
      assert.deepStrictEqual(destinationOf({ access: accessTo(undefined) }, facts, [{}, span]), {
        id: 'c1',
        host: { hostname: HOST, port: 8443, key: `${HOST}:8443` },
        orgId: '42',
        userAgent: undefined,
        headers: undefined,
        canRefresh: false,
        agent: undefined,
        isGone: true,
      });
    });

    it('is none where its spans do not say', () => {
      assert.equal(destinationOf({}), undefined);
      assert.equal(destinationOf({}, { 'server.address': 'localhost' }), undefined);
    });
  });

  it('is unknown without a server address, for static credentials as well', () => {
    const diag = new DiagRecorder().install();
    const destinations = destinationsOf({ host: HOST, token: 'x' });
    const batch = { connectionId: 'c1', facts: {}, records: [] };
    assert.equal(destinations.of(batch), undefined);
    assert.equal(destinations.of(batch), undefined);
    diag.remove();
    assert.equal(diag.warnings('records without a server address are dropped'), 1);
  });

  it('remembers the server of a connection for spans without its address', () => {
    const destinations = destinationsOf({ host: HOST, token: 'x' });
    const of = (connectionId: string, facts: Attributes) =>
      destinations.of({ connectionId, facts, records: [] })?.id;
    assert.equal(of('own', OWN), 'static');
    assert.equal(of('other', { 'server.address': 'b.example.com' }), 'other');
    assert.equal(of('own', {}), 'static');
    assert.equal(of('other', {}), 'other');
    assert.equal(of('unknown', {}), undefined);
    for (let index = 0; index < 1_000; index += 1) of(`c${index}`, OWN);
    assert.equal(of('own', {}), undefined, 'the oldest of 1 000 connections is forgotten');
  });

  it('does not ask a provider that has not served the driver', async () => {
    assert.equal(destinationOf({ access: accessTo(connectionOf(false)) })?.headers, undefined);
    for (const isAuthenticated of [true, undefined]) {
      assert.ok(destinationOf({ access: accessTo(connectionOf(isAuthenticated)) })?.headers);
    }
  });

  it('warns of each host that is refused, once, and says why', () => {
    const diag = new DiagRecorder().install();
    const destinations = destinationsOf({});
    const hosts = ['localhost', 'localhost', 'a b', '10.0.0.1'];
    for (const host of hosts) {
      destinations.of({ connectionId: 'c1', facts: { 'server.address': host }, records: [] });
    }
    diag.remove();
    assert.equal(diag.warnings('host that is not public'), 2);
    assert.equal(diag.warnings('host that is malformed'), 1);
  });

  it('warns of no more than 128 hosts', () => {
    const diag = new DiagRecorder().install();
    const destinations = destinationsOf({});
    for (let host = 0; host < 200; host += 1) {
      const facts = { 'server.address': `10.0.0.${host}` };
      destinations.of({ connectionId: 'c1', facts, records: [] });
    }
    diag.remove();
    assert.equal(diag.warnings('host that is not public'), 128);
  });
});
