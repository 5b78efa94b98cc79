import assert from 'node:assert/strict';
import { Agent } from 'node:https';
import type { Attributes } from '@opentelemetry/api';
import type {
  ConnectionAccess,
  DatabricksAccess,
} from '@dbsql-otel/instrumentation-databricks-sql';
import { type DatabricksTelemetryExporterOptions, resolveExporterOptions } from '../../src/config';
import { type Route, Routes } from '../../src/delivery/route';
import { DiagRecorder } from '../diag-recorder';

const HOST = 'a.example.com';

function routesOf(options: DatabricksTelemetryExporterOptions): Routes {
  return new Routes(resolveExporterOptions(options));
}

function routeOf(
  options: DatabricksTelemetryExporterOptions,
  facts: Attributes = {},
  spans: readonly Attributes[] = [],
): Route | undefined {
  return routesOf(options).of({
    connectionId: 'c1',
    facts,
    spans: spans.map((attributes) => ({ span: { attributes } as never })),
  });
}

function accessTo(connection: ConnectionAccess | undefined): DatabricksAccess {
  return {
    connection: () => connection,
    onClosed: () => () => undefined,
    release: () => undefined,
  };
}

describe('Routes', () => {
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
      const route = routeOf({ access: accessTo(connection), host: 'b.example.com' }, facts);
      assert.ok(route);
      const { headers, agent: agentOf, ...others } = route;
      assert.deepStrictEqual(others, {
        connectionId: 'c1',
        host: { hostname: HOST, port: 8443, key: `${HOST}:8443` },
        facts,
        orgId: '42',
        userAgent: 'Driver/2',
        needsAgent: false,
        isGone: false,
      });
      assert.deepStrictEqual(await headers?.(), { Authorization: 'a' });
      assert.equal(await agentOf?.(), agent);
    });

    it('is none when its host is refused', () => {
      const access = accessTo({ ...connection, host: 'localhost' });
      assert.equal(routeOf({ access }), undefined);
      assert.equal(routeOf({ access, allowPrivateHosts: true })?.host.hostname, 'localhost');
    });
  });

  describe('with static credentials', () => {
    it('is one tenant, whatever the connection', async () => {
      const facts = { 'databricks.workspace.id': '1234567890123456789' };
      const route = routeOf({ host: HOST, port: 8443, token: 'x' }, facts);
      assert.ok(route);
      const { headers, ...others } = route;
      assert.deepStrictEqual(others, {
        connectionId: 'static',
        host: { hostname: HOST, port: 8443, key: `${HOST}:8443` },
        facts,
        orgId: '1234567890123456789',
        userAgent: undefined,
        agent: undefined,
        needsAgent: false,
        isGone: false,
      });
      assert.deepStrictEqual(await headers?.(), { Authorization: 'Bearer x' });
    });

    it('takes headers before the token, and fetches them where they are a function', async () => {
      const headers = { Authorization: 'h' };
      assert.deepStrictEqual(
        await routeOf({ host: HOST, token: 'x', headers })?.headers?.(),
        headers,
      );
      const fetched = routeOf({ host: HOST, headers: () => Promise.resolve(headers) });
      assert.deepStrictEqual(await fetched?.headers?.(), headers);
      assert.equal(routeOf({ host: HOST })?.headers, undefined);
    });

    it('takes the agent that it is given', async () => {
      const agent = new Agent();
      assert.equal(await routeOf({ host: HOST, token: 'x', agent })?.agent?.(), agent);
    });

    it('has no organisation of a workspace that is no number', () => {
      for (const id of ['12a', 'a12', '12345678901234567890', '']) {
        const facts = { 'databricks.workspace.id': id };
        assert.equal(routeOf({ host: HOST, token: 'x' }, facts)?.orgId, undefined, id);
      }
    });

    it('is for its own host, in any spelling', () => {
      const options = { host: `https://${HOST}/`, token: 'x' };
      const isStatic = (attributes: Attributes): boolean =>
        routeOf(options, {}, [{}, attributes])?.connectionId === 'static';
      assert.ok(isStatic({}));
      assert.ok(isStatic({ 'server.address': HOST.toUpperCase() }));
      assert.ok(isStatic({ 'server.address': HOST, 'server.port': 443 }));
      assert.ok(!isStatic({ 'server.address': HOST, 'server.port': 8443 }));
      assert.ok(!isStatic({ 'server.address': 'b.example.com' }));
      assert.ok(!isStatic({ 'server.address': 'localhost' }));
    });

    it('takes its own port for a span that says none', () => {
      const options = { host: HOST, port: 8443, token: 'x' };
      const facts = { 'server.address': HOST };
      assert.equal(routeOf(options, facts)?.connectionId, 'static');
    });

    it('is none when both hosts are refused', () => {
      const facts = { 'server.address': '127.0.0.1' };
      assert.equal(routeOf({ host: 'localhost', token: 'x' }, facts), undefined);
    });
  });

  describe('of a connection that is gone', () => {
    it('leads where its spans went, without anything of its own', () => {
      const facts = { 'databricks.connection.use_proxy': true };
      const span = { 'server.address': HOST, 'server.port': 8443 };
      assert.deepStrictEqual(routeOf({ access: accessTo(undefined) }, facts, [{}, span]), {
        connectionId: 'c1',
        host: { hostname: HOST, port: 8443, key: `${HOST}:8443` },
        facts,
        orgId: undefined,
        userAgent: undefined,
        headers: undefined,
        agent: undefined,
        needsAgent: true,
        isGone: true,
      });
    });

    it('needs no agent that nobody spoke of', () => {
      assert.equal(routeOf({}, { 'server.address': HOST })?.needsAgent, false);
    });

    it('is none where its spans do not say', () => {
      assert.equal(routeOf({}), undefined);
      assert.equal(routeOf({}, { 'server.address': 'localhost' }), undefined);
    });
  });

  it('warns of each host that is refused, once, and says why', () => {
    const diag = new DiagRecorder().install();
    const routes = routesOf({});
    const hosts = ['localhost', 'localhost', 'a b', '10.0.0.1'];
    for (const host of hosts) {
      routes.of({ connectionId: 'c1', facts: { 'server.address': host }, spans: [] });
    }
    diag.remove();
    assert.equal(diag.warnings('host that is not public'), 2);
    assert.equal(diag.warnings('host that is malformed'), 1);
  });

  it('warns of no more than 128 hosts', () => {
    const diag = new DiagRecorder().install();
    const routes = routesOf({});
    for (let host = 0; host < 200; host += 1) {
      const facts = { 'server.address': `10.0.0.${host}` };
      routes.of({ connectionId: 'c1', facts, spans: [] });
    }
    diag.remove();
    assert.equal(diag.warnings('host that is not public'), 128);
  });
});
