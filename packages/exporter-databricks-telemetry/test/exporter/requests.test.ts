import assert from 'node:assert/strict';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { isTracingSuppressed } from '@opentelemetry/core';
import { CONNECTION_ID, HOST, record, span } from '../fixtures/spans';
import { status } from '../fixtures/telemetry-server';
import { ExporterBench, CONNECTION, TOKEN, failure, undelivered } from './bench';

describe('DatabricksTelemetryExporter', () => {
  const bench = new ExporterBench();

  describe('sends', () => {
    it('the flag request, then the records of a connection in one request', async () => {
      bench.create();
      assert.deepStrictEqual(await bench.send(record('open_session'), record('close_session')), {
        code: 0,
      });
      assert.deepStrictEqual(
        bench.server.received.map(({ method, path }) => `${method} ${path}`),
        ['GET /api/2.0/connector-service/feature-flags/NODEJS/2.1.0', 'POST /telemetry-ext'],
      );
      assert.equal(bench.exporter.stats().delivered, 2);
    });

    it('nothing for an empty batch', async () => {
      bench.create();
      assert.deepStrictEqual(await bench.send(), { code: 0 });
      assert.equal(bench.server.received.length, 0);
    });

    it('JSON with uploadTime, empty items and protoLogs', async () => {
      bench.create();
      const before = Date.now();
      await bench.send(record('open_session'));
      const [post] = bench.server.posts();
      assert.equal(post?.headers['content-type'], 'application/json');
      assert.equal(post?.headers['content-encoding'], undefined);
      const body = JSON.parse(post?.body ?? '') as Record<string, unknown>;
      assert.deepStrictEqual(Object.keys(body), ['uploadTime', 'items', 'protoLogs']);
      const uploadTime = Number(body['uploadTime']);
      assert.ok(before <= uploadTime && uploadTime <= Date.now(), String(uploadTime));
      assert.deepStrictEqual(body['items'], []);
    });

    it('no headers but its own by default, neither with the flag request nor with records', async () => {
      bench.create();
      await bench.send(record('open_session'));
      const ofHttp = new Set(['host', 'connection', 'content-length', 'transfer-encoding']);
      for (const { headers } of bench.server.received) {
        assert.deepStrictEqual(
          Object.keys(headers)
            .filter((name) => !ofHttp.has(name))
            .toSorted(),
          ['accept', 'authorization', 'content-type', 'user-agent'],
        );
      }
      assert.equal(bench.server.received.length, 2);
    });

    it('the authorization of the provider over custom headers, and the own ones of neither', async () => {
      bench.create({
        customHeaders: { authorization: 'Bearer evil', 'X-Team': 'a', Host: 'evil' },
      });
      await bench.send(record('open_session'));
      for (const { headers } of bench.server.received) {
        assert.equal(headers.authorization, `Bearer ${TOKEN}`);
        assert.equal(headers['x-team'], 'a');
        assert.equal(headers.host, HOST);
      }
    });

    it('the org-id of the connection, unless the caller sets one', async () => {
      bench.connections.add(CONNECTION_ID, { orgId: '42' });
      bench.createWithAccess();
      await bench.send(record('open_session'));
      assert.equal(bench.server.posts()[0]?.headers['x-databricks-org-id'], '42');
      await bench.exporter.shutdown();
      bench.createWithAccess({ customHeaders: { 'X-Databricks-Org-Id': '7' } });
      await bench.send(record('open_session'));
      assert.equal(bench.server.posts()[1]?.headers['x-databricks-org-id'], '7');
    });

    it('the user agent of the driver, without secrets', async () => {
      bench.connections.add(CONNECTION_ID, {
        userAgent: `NodejsDatabricksSqlConnector/2.1.0 (${TOKEN}; Node.js 20; Linux 5)`,
      });
      bench.createWithAccess();
      await bench.send(record('open_session'));
      const agent = bench.server.posts()[0]?.headers['user-agent'] ?? '';
      assert.match(agent, /^NodejsDatabricksSqlConnector\/2\.1\.0 \(<redacted>; Node/);
      assert.equal(bench.server.logs()[0]?.context.client_context.user_agent, agent);
    });

    it('everything under suppressed tracing', async () => {
      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
      const suppressed: boolean[] = [];
      const note = () => suppressed.push(isTracingSuppressed(context.active()));
      bench.connections.add(CONNECTION_ID, {
        headers: () => {
          note();
          return Promise.resolve({ Authorization: 'Bearer x' });
        },
        agent: () => {
          note();
          return Promise.resolve(bench.server.agent);
        },
      });
      bench.createWithAccess();
      const original = bench.server.agent.createConnection.bind(bench.server.agent);
      bench.server.agent.createConnection = (...args) => {
        note();
        return original(...args);
      };
      await bench.send(record('open_session'));
      context.disable();
      assert.ok(suppressed.length >= 3);
      assert.ok(suppressed.every(Boolean));
    });
  });

  describe('of a plain BatchSpanProcessor', () => {
    it('translates operations, remembers connects, leaves out fetches and what is not ours', async () => {
      bench.create();
      assert.deepStrictEqual(
        await bench.send(
          span('connect', { attributes: CONNECTION }),
          span('execute_statement'),
          span('fetch'),
          span('cloudfetch_download'),
          span('execute_statement', { scope: 'other' }),
        ),
        { code: 0 },
      );
      assert.equal(bench.server.logs().length, 1);
      assert.equal(
        bench.server.logs()[0]?.entry.sql_driver_log.driver_connection_params?.mode,
        'THRIFT',
      );
      assert.equal(bench.exporter.stats().ignored, 4);
      await bench.send(span('close_session'));
      assert.equal(bench.server.logs()[1]?.entry.sql_driver_log.auth_type, 'oauth-m2m');
    });

    it('reports a failed operation with its error (defect 3: failed calls left nothing)', async () => {
      bench.create();
      await bench.send(span('connect', failure()), span('open_session', failure()));
      assert.deepStrictEqual(
        bench.server
          .logs()
          .map(({ entry }) => [
            entry.sql_driver_log.sql_operation?.operation_detail?.operation_type,
            entry.sql_driver_log.error_info?.error_name,
          ]),
        [
          [undefined, 'TABLE_OR_VIEW_NOT_FOUND'],
          ['CREATE_SESSION', 'TABLE_OR_VIEW_NOT_FOUND'],
        ],
      );
    });

    it('does not repeat what the driver reports by itself (defect 17)', async () => {
      bench.create();
      await bench.send(
        span('open_session', { attributes: { 'databricks.driver.telemetry_enabled': true } }),
        span('execute_statement'),
      );
      assert.equal(bench.server.received.length, 0);
    });

    it('is content with a host that wants no telemetry', async () => {
      bench.server.flag = 'false';
      bench.create();
      assert.deepStrictEqual(await bench.send(span('execute_statement')), { code: 0 });
      assert.deepStrictEqual(bench.exporter.stats().dropped, { flag_off: 1 });
    });
  });

  describe('and the feature flag', () => {
    it('hands records back while it is unknown, and delivers them later', async () => {
      bench.server.flagScript.push(status(500));
      bench.create();
      const spans = [record('open_session')];
      const error = undelivered(await bench.send(...spans));
      assert.equal(error.reason, 'flag_unknown');
      assert.deepStrictEqual(error.undelivered, spans);
      assert.equal(bench.server.posts().length, 0);
      assert.deepStrictEqual(await bench.send(...spans), { code: 0 });
    });

    it('drops and counts what it turns off', async () => {
      bench.server.flag = 'false';
      bench.create();
      assert.deepStrictEqual(undelivered(await bench.send(record('open_session'))).dropped, {
        flag_off: 1,
      });
      assert.equal(bench.server.posts().length, 0);
    });

    it('is off for a host that knows none: nothing waits for it for ever', async () => {
      bench.server.flagScript.push(status(404));
      bench.create();
      for (let batch = 0; batch < 2; batch++) {
        assert.deepStrictEqual(undelivered(await bench.send(record('open_session'))).dropped, {
          flag_off: 1,
        });
      }
      assert.equal(bench.server.received.length, 1);
      assert.equal(bench.warnings.length, 1);
      const { flag, lastError } = bench.exporter.stats().hosts[HOST] ?? {};
      assert.deepStrictEqual({ flag, lastError }, { flag: 'off', lastError: '404' });
    });

    for (const alias of [HOST.toUpperCase(), `https://${HOST}/`, `${HOST}.`, `${HOST}:443`]) {
      it(`is asked of ${alias} (defect 11: such a host silently had no telemetry)`, async () => {
        bench.connections.add(CONNECTION_ID, { host: alias });
        bench.createWithAccess();
        assert.deepStrictEqual(await bench.send(record('open_session')), { code: 0 });
        assert.deepStrictEqual(Object.keys(bench.exporter.stats().hosts), [HOST]);
      });
    }
  });
});
