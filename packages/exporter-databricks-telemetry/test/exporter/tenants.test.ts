import assert from 'node:assert/strict';
import { CONNECTION_ID, HOST, record } from '../fixtures/spans';
import { answer, decode, status } from '../fixtures/telemetry-server';
import type { Responder } from '../fixtures/telemetry-server';
import { ExporterBench, CONNECTION, TOKEN, failure, undelivered } from './bench';

const openSession = (id: string, path: string) =>
  record('open_session', {
    attributes: { 'databricks.connection.id': id, 'databricks.session.id': id },
    connection: { ...CONNECTION, 'databricks.connection.http_path': path },
  });

const refuseRevoked: Responder = (request, response) => {
  const isRevoked = request.headers.authorization === 'Bearer revoked';
  (isRevoked ? status(403) : answer({ numProtoSuccess: 1 }))(request, response);
};

describe('DatabricksTelemetryExporter', () => {
  const bench = new ExporterBench();

  describe('and tenants', () => {
    it('sends each connection with its own credentials and facts (defect 16: tenants were mixed)', async () => {
      bench.connections.add('a');
      bench.connections.add('b');
      bench.createWithAccess();
      await bench.send(openSession('a', '/a'), openSession('b', '/b'), openSession('a', '/a'));
      assert.equal(bench.server.flagRequests().length, 1);
      const seen = bench.server
        .posts()
        .map(({ headers, body }) => [
          headers.authorization,
          decode(body).map(({ entry }) => [
            entry.sql_driver_log.session_id,
            entry.sql_driver_log.driver_connection_params?.http_path,
          ]),
        ]);
      assert.deepStrictEqual(
        seen.toSorted(([a], [b]) => String(a).localeCompare(String(b))),
        [
          [
            'Bearer a',
            [
              ['a', '/a'],
              ['a', '/a'],
            ],
          ],
          ['Bearer b', [['b', '/b']]],
        ],
      );
    });

    it('lets refused credentials of one affect only its own records', async () => {
      bench.connections.add('good');
      bench.connections.add('revoked');
      bench.createWithAccess();
      for (let batch = 0; batch < 6; batch++) {
        bench.server.script.push(refuseRevoked, refuseRevoked);
        await bench.send(
          ...['good', 'revoked'].map((id) =>
            record('open_session', { attributes: { 'databricks.connection.id': id } }),
          ),
        );
      }
      assert.equal(bench.exporter.stats().delivered, 6);
      assert.deepStrictEqual(bench.exporter.stats().dropped, { refused: 6 });
      assert.equal(bench.exporter.stats().hosts[HOST]?.breaker, 'CLOSED');
      assert.equal(bench.warnings.length, 1);
    });

    it('never sends static credentials to another host than their own', async () => {
      bench.create();
      const other = record('open_session', {
        attributes: { 'server.address': 'other.example.com' },
      });
      assert.deepStrictEqual(undelivered(await bench.send(other)).dropped, { no_credentials: 1 });
      assert.equal(bench.server.received.length, 0);
    });
  });

  describe('without credentials', () => {
    it('drops, warns once, and warns again after a success', async () => {
      let credentials = {};
      bench.connections.add(CONNECTION_ID, { headers: () => Promise.resolve(credentials) });
      bench.createWithAccess();
      assert.deepStrictEqual(undelivered(await bench.send(record('open_session'))).dropped, {
        no_credentials: 1,
      });
      await bench.send(record('open_session'));
      assert.equal(bench.warnings.length, 1);
      credentials = { authorization: 'Bearer x' };
      assert.deepStrictEqual(await bench.send(record('open_session')), { code: 0 });
      credentials = {};
      await bench.send(record('open_session'));
      assert.equal(bench.warnings.length, 2);
    });

    it('hands back when the provider fails or hangs, and warns without its message', async () => {
      bench.connections.add('rejects', { headers: () => Promise.reject(new Error(TOKEN)) });
      bench.connections.add('hangs', { headers: () => new Promise(() => undefined) });
      bench.connections.add('throws', {
        headers: () => {
          throw new Error(TOKEN);
        },
      });
      bench.createWithAccess({ credentialsTimeoutMs: 5 });
      for (const id of bench.connections.open.keys()) {
        const attributes = { 'databricks.connection.id': id };
        const error = undelivered(await bench.send(record('open_session', { attributes })));
        assert.equal(error.reason, 'credentials_unavailable', id);
        assert.equal(error.undelivered.length, 1);
      }
      assert.ok(!bench.warnings.join().includes(TOKEN));
    });

    it('reports errors without authentication, reduced, when the flag is known to be on', async () => {
      bench.connections.add('good', { orgId: '42' });
      bench.connections.add(CONNECTION_ID, { headers: () => Promise.resolve({}), orgId: '42' });
      bench.createWithAccess({ customHeaders: { 'X-Team': 'a' } });
      const error = record('open_session', { ...failure(), kind: 'error', connection: CONNECTION });
      assert.deepStrictEqual(undelivered(await bench.send(error)).dropped, { no_credentials: 1 });
      assert.equal(bench.server.received.length, 0);
      await bench.send(openSession('good', '/a'));
      assert.deepStrictEqual(await bench.send(error), { code: 0 });
      const post = bench.server.received.at(-1);
      assert.equal(post?.path, '/telemetry-unauth');
      for (const name of ['authorization', 'x-databricks-org-id', 'x-team']) {
        assert.equal(post?.headers[name], undefined, name);
      }
      assert.equal(post?.headers['user-agent'], 'NodejsDatabricksSqlConnector/2.1.0');
      const [log] = decode(post?.body ?? '');
      assert.equal(log?.context.client_context.user_agent, 'NodejsDatabricksSqlConnector/2.1.0');
      assert.deepStrictEqual(log?.entry, {
        sql_driver_log: {
          sql_operation: {
            operation_detail: { is_internal_call: false, operation_type: 'CREATE_SESSION' },
          },
          error_info: { error_name: 'TABLE_OR_VIEW_NOT_FOUND', stack_trace: '' },
        },
      });
      assert.equal(log?.workspace_id, undefined);
      const { traceId, spanId } = error.spanContext();
      assert.ok(!post?.body.includes(spanId.slice(3, 15)));
      assert.ok(!post?.body.includes(traceId.slice(16, 24)));
    });

    it('reports nothing of a refused login while the flag is unknown', async () => {
      bench.connections.add(CONNECTION_ID);
      bench.server.flagScript.push(status(401), status(401));
      bench.createWithAccess();
      const result = await bench.send(
        record('open_session'),
        record('open_session', { ...failure(), kind: 'error' }),
      );
      assert.deepStrictEqual(undelivered(result).dropped, { refused: 2 });
      assert.equal(bench.server.posts().length, 0);
    });

    it('reports nothing without authentication when that is switched off', async () => {
      bench.createWithAccess({ unauthenticatedFallback: false });
      const error = record('connect', { ...failure(), kind: 'error' });
      assert.deepStrictEqual(undelivered(await bench.send(error)).dropped, { no_credentials: 1 });
      assert.equal(bench.server.received.length, 0);
    });

    it('does not go around the proxy of a connection that is gone', async () => {
      bench.createWithAccess();
      const error = record('connect', {
        ...failure(),
        kind: 'error',
        connection: { 'databricks.connection.use_proxy': true },
      });
      assert.deepStrictEqual(undelivered(await bench.send(error)).dropped, { no_credentials: 1 });
      assert.equal(bench.server.received.length, 0);
    });
  });
});
