import assert from 'node:assert';
import { DiagLogLevel, type DiagLogger, context, diag } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { isTracingSuppressed } from '@opentelemetry/core';
import type {
  ConnectionAccess,
  DatabricksAccess,
} from '@dbsql-otel/instrumentation-databricks-sql';
import { DatabricksTelemetryExporter, UndeliveredError } from '../src';
import type { DatabricksTelemetryExporterOptions } from '../src/config';
import type { ExportResult, ReadableSpan } from '../src/otel';
import { CONNECTION_ID, HOST, type SpanParts, record, span } from './fixtures/spans';
import {
  type Responder,
  TelemetryServer,
  answer,
  decode,
  hang,
  reset,
  status,
} from './fixtures/telemetry-server';

const TOKEN = 'dapi0123456789abcdef';
const CONNECTION = {
  'databricks.client.backend': 'thrift',
  'databricks.driver.version': '2.1.0',
  'databricks.workspace.id': '1234567890123456',
  'databricks.connection.http_path': '/sql/1.0/warehouses/abcdef?o=1234567890123456',
  'databricks.connection.auth_type': 'oauth-m2m',
  'databricks.connection.use_proxy': false,
  'databricks.connection.socket_timeout': 900_000,
  'databricks.connection.arrow_enabled': true,
  'databricks.connection.direct_results_enabled': true,
  'databricks.connection.metric_view_metadata': false,
  'databricks.connection.user_agent_entry': 'reports password=hunter2',
};
const SECRET_STACK =
  "Error: no such table in SELECT 'Ada' FROM main.people\n    at run (/home/ada/app/x.js:1:2)";

function failure(parts: SpanParts = {}): SpanParts {
  return {
    isError: true,
    ...parts,
    attributes: {
      'databricks.session.id': 'session-1',
      'databricks.statement.id': 'statement-1',
      'error.type': '42P01',
      'databricks.error.condition': 'TABLE_OR_VIEW_NOT_FOUND',
      'db.query.text': "SELECT 'Ada' FROM main.people",
      ...parts.attributes,
    },
    events: [
      {
        name: 'exception',
        time: [0, 0],
        attributes: {
          'exception.type': 'OperationStateError',
          'exception.message': 'no such table main.people',
          'exception.stacktrace': SECRET_STACK,
        },
      },
    ],
  };
}

/** Access to connections made by hand, as the instrumentation gives it. */
class Connections implements DatabricksAccess {
  readonly open = new Map<string, ConnectionAccess>();
  readonly released: string[] = [];
  readonly #listeners = new Set<(connectionId: string) => void>();

  constructor(private readonly server: TelemetryServer) {}

  add(id: string, parts: Partial<ConnectionAccess> = {}): void {
    this.open.set(id, {
      host: HOST,
      port: 443,
      orgId: undefined,
      userAgent: 'NodejsDatabricksSqlConnector/2.1.0 (reports; Node.js 20; Linux 5)',
      headers: () => Promise.resolve({ Authorization: `Bearer ${id}` }),
      agent: () => Promise.resolve(this.server.agent),
      ...parts,
    });
  }

  close(id: string): void {
    for (const listener of this.#listeners) {
      listener(id);
    }
  }

  connection(id: string): ConnectionAccess | undefined {
    return this.open.get(id);
  }

  onClosed(listener: (connectionId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  release(id: string): void {
    this.released.push(id);
    this.open.delete(id);
  }
}

function undelivered({ error }: ExportResult): UndeliveredError {
  assert.ok(error instanceof UndeliveredError);
  return error;
}

const openSession = (id: string, path: string) =>
  record('open_session', {
    attributes: { 'databricks.connection.id': id, 'databricks.session.id': id },
    connection: { ...CONNECTION, 'databricks.connection.http_path': path },
  });

const refuseRevoked: Responder = (request, response) => {
  const isRevoked = request.headers.authorization === 'Bearer revoked';
  (isRevoked ? status(403) : answer({ numProtoSuccess: 1 }))(request, response);
};

const takeTwo: Responder = (request, response) => {
  const isTooLarge = request.body.includes('oversized') || decode(request.body).length > 2;
  (isTooLarge ? status(413) : answer({}))(request, response);
};

const drip: Responder = (_request, response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write(' '), 5);
  response.on('close', () => clearInterval(timer));
};

describe('DatabricksTelemetryExporter', () => {
  let server: TelemetryServer;
  let connections: Connections;
  let exporter: DatabricksTelemetryExporter;
  let warnings: string[];

  function create(options: Partial<DatabricksTelemetryExporterOptions> = {}) {
    exporter = new DatabricksTelemetryExporter({
      host: HOST,
      token: TOKEN,
      agent: server.agent,
      retry: { baseDelayMs: 1, maxDelayMs: 2, jitterMs: 0 },
      ...options,
    });
    return exporter;
  }

  function createWithAccess(options: Partial<DatabricksTelemetryExporterOptions> = {}) {
    return create({ host: undefined, token: undefined, access: connections, ...options });
  }

  function send(...spans: ReadableSpan[]): Promise<ExportResult> {
    return new Promise((resolve) => exporter.export(spans, resolve));
  }

  function assertAccounts(): void {
    const { offered, delivered, pending, dropped } = exporter.stats();
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    assert.equal(offered, delivered + pending + lost);
  }

  beforeEach(async () => {
    server = await TelemetryServer.start();
    connections = new Connections(server);
    warnings = [];
    const logger: DiagLogger = {
      error: (message) => warnings.push(message),
      warn: (_namespace, message) => warnings.push(String(message)),
      info: () => undefined,
      debug: () => undefined,
      verbose: () => undefined,
    };
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  });

  afterEach(async () => {
    assertAccounts();
    await exporter.shutdown();
    diag.disable();
    await server.stop();
  });

  describe('sends', () => {
    it('the flag request, then the records of a connection in one request', async () => {
      create();
      assert.deepStrictEqual(await send(record('open_session'), record('close_session')), {
        code: 0,
      });
      assert.deepStrictEqual(
        server.received.map(({ method, path }) => `${method} ${path}`),
        ['GET /api/2.0/connector-service/feature-flags/NODEJS/2.1.0', 'POST /telemetry-ext'],
      );
      assert.equal(exporter.stats().delivered, 2);
    });

    it('nothing for an empty batch', async () => {
      create();
      assert.deepStrictEqual(await send(), { code: 0 });
      assert.equal(server.received.length, 0);
    });

    it('JSON with uploadTime, empty items and protoLogs', async () => {
      create();
      await send(record('open_session'));
      const [post] = server.posts();
      assert.equal(post?.headers['content-type'], 'application/json');
      assert.equal(post?.headers['content-encoding'], undefined);
      const body = JSON.parse(post?.body ?? '') as Record<string, unknown>;
      assert.deepStrictEqual(Object.keys(body), ['uploadTime', 'items', 'protoLogs']);
      assert.ok(Math.abs(Number(body['uploadTime']) - Date.now()) < 60_000);
      assert.deepStrictEqual(body['items'], []);
    });

    it('the authorization of the provider over custom headers, and the own ones of neither', async () => {
      create({ customHeaders: { authorization: 'Bearer evil', 'X-Team': 'a', Host: 'evil' } });
      await send(record('open_session'));
      for (const { headers } of server.received) {
        assert.equal(headers.authorization, `Bearer ${TOKEN}`);
        assert.equal(headers['x-team'], 'a');
        assert.equal(headers.host, HOST);
      }
    });

    it('the org-id of the connection, unless the caller sets one', async () => {
      connections.add(CONNECTION_ID, { orgId: '42' });
      createWithAccess();
      await send(record('open_session'));
      assert.equal(server.posts()[0]?.headers['x-databricks-org-id'], '42');
      await exporter.shutdown();
      createWithAccess({ customHeaders: { 'X-Databricks-Org-Id': '7' } });
      await send(record('open_session'));
      assert.equal(server.posts()[1]?.headers['x-databricks-org-id'], '7');
    });

    it('the user agent of the driver, without secrets', async () => {
      connections.add(CONNECTION_ID, {
        userAgent: `NodejsDatabricksSqlConnector/2.1.0 (${TOKEN}; Node.js 20; Linux 5)`,
      });
      createWithAccess();
      await send(record('open_session'));
      const agent = server.posts()[0]?.headers['user-agent'] ?? '';
      assert.match(agent, /^NodejsDatabricksSqlConnector\/2\.1\.0 \(<redacted>; Node/);
      assert.equal(server.logs()[0]?.context.client_context.user_agent, agent);
    });

    it('everything under suppressed tracing', async () => {
      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
      const suppressed: boolean[] = [];
      const note = () => suppressed.push(isTracingSuppressed(context.active()));
      connections.add(CONNECTION_ID, {
        headers: () => {
          note();
          return Promise.resolve({ Authorization: 'Bearer x' });
        },
        agent: () => {
          note();
          return Promise.resolve(server.agent);
        },
      });
      createWithAccess();
      const original = server.agent.createConnection.bind(server.agent);
      server.agent.createConnection = (...args) => {
        note();
        return original(...args);
      };
      await send(record('open_session'));
      context.disable();
      assert.ok(suppressed.length >= 3);
      assert.ok(suppressed.every(Boolean));
    });
  });

  describe('of a plain BatchSpanProcessor', () => {
    it('translates operations, remembers connects, leaves out fetches and what is not ours', async () => {
      create();
      assert.deepStrictEqual(
        await send(
          span('connect', { attributes: CONNECTION }),
          span('execute_statement'),
          span('fetch'),
          span('cloudfetch_download'),
          span('execute_statement', { scope: 'other' }),
        ),
        { code: 0 },
      );
      assert.equal(server.logs().length, 1);
      assert.equal(server.logs()[0]?.entry.sql_driver_log.driver_connection_params?.mode, 'THRIFT');
      assert.equal(exporter.stats().ignored, 4);
      await send(span('close_session'));
      assert.equal(server.logs()[1]?.entry.sql_driver_log.auth_type, 'oauth-m2m');
    });

    it('adds an error record to a failed operation (defect 3: failed calls left nothing)', async () => {
      create();
      await send(span('connect', failure()), span('open_session', failure()));
      assert.deepStrictEqual(
        server
          .logs()
          .map(({ entry }) => [
            entry.sql_driver_log.sql_operation?.operation_detail?.operation_type,
            entry.sql_driver_log.error_info?.error_name,
          ]),
        [
          [undefined, 'TABLE_OR_VIEW_NOT_FOUND'],
          ['CREATE_SESSION', undefined],
          ['CREATE_SESSION', 'TABLE_OR_VIEW_NOT_FOUND'],
        ],
      );
    });

    it('does not repeat what the driver reports by itself (defect 17)', async () => {
      create();
      await send(
        span('open_session', { attributes: { 'databricks.driver.telemetry_enabled': true } }),
        span('execute_statement'),
      );
      assert.equal(server.received.length, 0);
    });

    it('is content with a host that wants no telemetry', async () => {
      server.flag = 'false';
      create();
      assert.deepStrictEqual(await send(span('execute_statement')), { code: 0 });
      assert.deepStrictEqual(exporter.stats().dropped, { flag_off: 1 });
    });
  });

  describe('and the feature flag', () => {
    it('hands records back while it is unknown, and delivers them later', async () => {
      server.flagScript.push(status(500));
      create();
      const spans = [record('open_session')];
      const error = undelivered(await send(...spans));
      assert.equal(error.reason, 'flag_unknown');
      assert.deepStrictEqual(error.undelivered, spans);
      assert.equal(server.posts().length, 0);
      assert.deepStrictEqual(await send(...spans), { code: 0 });
    });

    it('drops and counts what it turns off', async () => {
      server.flag = 'false';
      create();
      assert.deepStrictEqual(undelivered(await send(record('open_session'))).dropped, {
        flag_off: 1,
      });
      assert.equal(server.posts().length, 0);
    });

    it('is off for a host that knows none: nothing waits for it for ever', async () => {
      server.flagScript.push(status(404));
      create();
      for (let batch = 0; batch < 2; batch++) {
        assert.deepStrictEqual(undelivered(await send(record('open_session'))).dropped, {
          flag_off: 1,
        });
      }
      assert.equal(server.received.length, 1);
      assert.equal(warnings.length, 1);
      const { flag, lastError } = exporter.stats().hosts[HOST] ?? {};
      assert.deepStrictEqual({ flag, lastError }, { flag: 'off', lastError: '404' });
    });

    for (const alias of [HOST.toUpperCase(), `https://${HOST}/`, `${HOST}.`, `${HOST}:443`]) {
      it(`is asked of ${alias} (defect 11: such a host silently had no telemetry)`, async () => {
        connections.add(CONNECTION_ID, { host: alias });
        createWithAccess();
        assert.deepStrictEqual(await send(record('open_session')), { code: 0 });
        assert.deepStrictEqual(Object.keys(exporter.stats().hosts), [HOST]);
      });
    }
  });

  describe('and tenants', () => {
    it('sends each connection with its own credentials and facts (defect 16: tenants were mixed)', async () => {
      connections.add('a');
      connections.add('b');
      createWithAccess();
      await send(openSession('a', '/a'), openSession('b', '/b'), openSession('a', '/a'));
      assert.equal(server.flagRequests().length, 1);
      const seen = server
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
      connections.add('good');
      connections.add('revoked');
      createWithAccess();
      for (let batch = 0; batch < 6; batch++) {
        server.script.push(refuseRevoked, refuseRevoked);
        await send(
          ...['good', 'revoked'].map((id) =>
            record('open_session', { attributes: { 'databricks.connection.id': id } }),
          ),
        );
      }
      assert.equal(exporter.stats().delivered, 6);
      assert.deepStrictEqual(exporter.stats().dropped, { refused: 6 });
      assert.equal(exporter.stats().hosts[HOST]?.breaker, 'CLOSED');
      assert.equal(warnings.length, 1);
    });

    it('never sends static credentials to another host than their own', async () => {
      create();
      const other = record('open_session', {
        attributes: { 'server.address': 'other.example.com' },
      });
      assert.deepStrictEqual(undelivered(await send(other)).dropped, { no_credentials: 1 });
      assert.equal(server.received.length, 0);
    });
  });

  describe('without credentials', () => {
    it('drops, warns once, and warns again after a success', async () => {
      let credentials = {};
      connections.add(CONNECTION_ID, { headers: () => Promise.resolve(credentials) });
      createWithAccess();
      assert.deepStrictEqual(undelivered(await send(record('open_session'))).dropped, {
        no_credentials: 1,
      });
      await send(record('open_session'));
      assert.equal(warnings.length, 1);
      credentials = { authorization: 'Bearer x' };
      assert.deepStrictEqual(await send(record('open_session')), { code: 0 });
      credentials = {};
      await send(record('open_session'));
      assert.equal(warnings.length, 2);
    });

    it('hands back when the provider fails or hangs, and warns without its message', async () => {
      connections.add('rejects', { headers: () => Promise.reject(new Error(TOKEN)) });
      connections.add('hangs', { headers: () => new Promise(() => undefined) });
      connections.add('throws', {
        headers: () => {
          throw new Error(TOKEN);
        },
      });
      createWithAccess({ credentialsTimeoutMs: 5 });
      for (const id of connections.open.keys()) {
        const attributes = { 'databricks.connection.id': id };
        const error = undelivered(await send(record('open_session', { attributes })));
        assert.equal(error.reason, 'credentials_unavailable', id);
        assert.equal(error.undelivered.length, 1);
      }
      assert.ok(!warnings.join().includes(TOKEN));
    });

    it('reports errors without authentication, reduced', async () => {
      connections.add(CONNECTION_ID, { headers: () => Promise.resolve({}), orgId: '42' });
      createWithAccess({ customHeaders: { 'X-Team': 'a' } });
      const error = record('open_session', {
        ...failure(),
        kind: 'error',
        connection: CONNECTION,
      });
      assert.deepStrictEqual(await send(error), { code: 0 });
      const [post] = server.received;
      assert.equal(post?.path, '/telemetry-unauth');
      for (const name of ['authorization', 'x-databricks-org-id', 'x-team']) {
        assert.equal(post?.headers[name], undefined, name);
      }
      assert.match(
        post?.headers['user-agent'] ?? '',
        /^NodejsDatabricksSqlConnector\/2\.1\.0 \(Node\.js [\d.]+; [^;]+\)$/,
      );
      const [log] = decode(post?.body ?? '');
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

    it('reports errors of a connection whose login was refused, its other records not', async () => {
      connections.add(CONNECTION_ID);
      server.flagScript.push(status(401));
      createWithAccess();
      const result = await send(
        record('open_session'),
        record('open_session', { ...failure(), kind: 'error' }),
      );
      assert.deepStrictEqual(undelivered(result).dropped, { refused: 1 });
      assert.equal(server.posts('/telemetry-unauth').length, 1);
      assert.equal(exporter.stats().delivered, 1);
    });

    it('reports nothing without authentication when that is switched off', async () => {
      createWithAccess({ unauthenticatedFallback: false });
      const error = record('connect', { ...failure(), kind: 'error' });
      assert.deepStrictEqual(undelivered(await send(error)).dropped, { no_credentials: 1 });
      assert.equal(server.received.length, 0);
    });

    it('does not go around the proxy of a connection that is gone', async () => {
      createWithAccess();
      const error = record('connect', {
        ...failure(),
        kind: 'error',
        connection: { 'databricks.connection.use_proxy': true },
      });
      assert.equal(undelivered(await send(error)).reason, 'credentials_unavailable');
    });
  });

  describe('under faults', () => {
    beforeEach(() => create());

    it('retries what may pass, and delivers once (defect 15: a batch was lost)', async () => {
      server.script.push(status(503), reset, status(429, { 'Retry-After': '0' }));
      const one = record('open_session');
      assert.deepStrictEqual(await send(one), { code: 0 });
      const ids = server.logs().map((log) => log.frontend_log_event_id);
      assert.equal(ids.length, 4);
      assert.equal(new Set(ids).size, 1);
    });

    it('hands back what outlasts the retries, with the id it had', async () => {
      server.script.push(...Array.from({ length: 4 }, () => status(503)));
      const one = record('open_session');
      const error = undelivered(await send(one));
      assert.equal(error.reason, 'retryable');
      assert.deepStrictEqual(error.undelivered, [one]);
      await send(one);
      assert.equal(new Set(server.logs().map((log) => log.frontend_log_event_id)).size, 1);
      assert.equal(exporter.stats().delivered, 1);
      assert.equal(exporter.stats().returned, 1);
    });

    it('leaves the host alone for as long as Retry-After says (defect 15)', async () => {
      server.script.push(status(429, { 'Retry-After': '30' }));
      const error = undelivered(await send(record('open_session')));
      assert.equal(error.retryAfterMs, 30_000);
      const again = undelivered(await send(record('open_session')));
      assert.ok((again.retryAfterMs ?? 0) > 29_000);
      assert.equal(server.posts().length, 1);
    });

    it('hands back without a request while the breaker is open, and says for how long', async () => {
      server.script.push(...Array.from({ length: 5 }, () => status(501)));
      for (let batch = 0; batch < 5; batch++) {
        await send(record('open_session'));
      }
      assert.equal(exporter.stats().hosts[HOST]?.breaker, 'OPEN');
      const error = undelivered(await send(record('open_session')));
      assert.equal(error.reason, 'breaker_open');
      assert.ok((error.retryAfterMs ?? 0) > 59_000);
      assert.equal(server.posts().length, 5);
    });

    for (const code of [301, 303, 307, 400, 404]) {
      it(`drops at ${code}, follows nothing and does not retry (defect 14)`, async () => {
        server.script.push(status(code, { Location: `https://${HOST}/login` }, '<html>'));
        assert.deepStrictEqual(undelivered(await send(record('open_session'))).dropped, {
          refused: 1,
        });
        assert.equal(server.posts().length, 1);
        assert.equal(server.received.length, 2);
      });
    }

    for (const [name, responder, reason] of [
      ['a sign-in page', answer('<html>sign in</html>'), 'refused'],
      ['an empty answer', status(200), 'retryable'],
      ['broken JSON', answer('{"numProtoSuccess":'), 'retryable'],
      ['an endless answer', answer(`{"x":"${'y'.repeat(70_000)}"}`), 'retryable'],
      [
        'an upgrade',
        (_request, response) => {
          response.socket?.write(
            'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
          );
        },
        'retryable',
      ],
    ] as [string, Responder, string][]) {
      it(`does not count ${name} as delivered (defect 14)`, async () => {
        server.script.push(responder);
        assert.equal(undelivered(await send(record('open_session'))).reason, reason);
        assert.equal(exporter.stats().delivered, 0);
        assert.equal(server.posts().length, 1);
      });
    }

    it('is not taken in by 1xx answers', async () => {
      server.script.push((_request, response) => {
        response.writeProcessing();
        response.end('{"numProtoSuccess":1}');
      });
      assert.deepStrictEqual(await send(record('open_session')), { code: 0 });
    });

    it('tries again when an answer breaks off', async () => {
      server.script.push((_request, response) => {
        response.writeHead(200, { 'Content-Length': '100' });
        response.write('{"num', () => response.socket?.resetAndDestroy());
      });
      assert.deepStrictEqual(await send(record('open_session')), { code: 0 });
      assert.equal(server.posts().length, 2);
    });

    it('halves what is too large and drops the one that is', async () => {
      server.script.push(...Array.from({ length: 20 }, () => takeTwo));
      const ids = ['1', '2', 'oversized', '4', '5'];
      const result = await send(
        ...ids.map((id) => record('open_session', { attributes: { 'databricks.session.id': id } })),
      );
      assert.deepStrictEqual(undelivered(result).dropped, { too_large: 1 });
      assert.equal(exporter.stats().delivered, 4);
    });

    it('refuses a host that is not public, and warns once', async () => {
      await exporter.shutdown();
      createWithAccess();
      connections.add(CONNECTION_ID, { host: '169.254.169.254' });
      await send(record('open_session'));
      assert.deepStrictEqual(undelivered(await send(record('open_session'))).dropped, {
        host_refused: 1,
      });
      assert.equal(server.received.length, 0);
      assert.equal(warnings.length, 1);
    });
  });

  describe('within its deadlines', () => {
    it('gives up a request that hangs, or drips, after the time for all of it', async () => {
      server.script.push(hang, drip);
      create({ requestTimeoutMs: 40, retry: { maxRetries: 1, baseDelayMs: 1, jitterMs: 0 } });
      const startMs = performance.now();
      assert.equal(undelivered(await send(record('open_session'))).reason, 'retryable');
      assert.ok(performance.now() - startMs < 2_000);
      assert.equal(exporter.stats().hosts[HOST]?.lastError, 'timeout');
    });

    it('shuts down in time with a request under way, once, and takes nothing after', async () => {
      server.script.push(hang);
      create({ shutdownTimeoutMs: 30 });
      const running = send(record('open_session'));
      const first = exporter.shutdown();
      assert.equal(exporter.shutdown(), first);
      await first;
      assert.equal(undelivered(await running).reason, 'shutdown');
      assert.equal(undelivered(await send(record('open_session'))).reason, 'shutdown');
    });

    it('shuts down in what is left of a deadline of its caller', async () => {
      server.script.push(hang);
      create({ shutdownTimeoutMs: 60_000 });
      const running = send(record('open_session'));
      await exporter.shutdown(20);
      assert.equal(undelivered(await running).reason, 'shutdown');
    });

    it('lets forceFlush wait for what is under way', async () => {
      create();
      let isDone = false;
      const running = send(record('open_session')).then(() => (isDone = true));
      await exporter.forceFlush();
      assert.ok(isDone);
      await running;
    });
  });

  describe('and closing connections', () => {
    it('flushes before it releases the credentials, and forgets the host', async () => {
      connections.add(CONNECTION_ID);
      createWithAccess();
      await send(record('open_session'));
      const flushed = new Promise<ExportResult>((resolve) =>
        exporter.onConnectionClosed(() => exporter.export([record('close_session')], resolve)),
      );
      connections.close(CONNECTION_ID);
      assert.deepStrictEqual(await flushed, { code: 0 });
      await exporter.forceFlush();
      await new Promise(setImmediate);
      assert.deepStrictEqual(connections.released, [CONNECTION_ID]);
      assert.deepStrictEqual(exporter.stats().hosts, {});
    });

    it('does not grow with connections that come and go', async () => {
      createWithAccess();
      for (let index = 0; index < 20; index++) {
        const id = `c${index}`;
        connections.add(id);
        await send(record('open_session', { attributes: { 'databricks.connection.id': id } }));
        connections.close(id);
        await new Promise(setImmediate);
        await send(record('close_session', { attributes: { 'databricks.connection.id': id } }));
      }
      assert.deepStrictEqual(exporter.stats().hosts, {});
      assert.equal(server.flagRequests().length, 1);
    });
  });

  describe('never throws', () => {
    it('whatever the spans are', async () => {
      create();
      const broken = {
        ...record('open_session'),
        get attributes(): never {
          throw new Error('broken');
        },
      };
      assert.deepStrictEqual(undelivered(await send(broken)).dropped, { untranslatable: 1 });
      const unreadable = {
        ...record('open_session'),
        spanContext: (): never => {
          throw new Error('broken');
        },
      };
      const result = await send(unreadable, record('close_session'));
      assert.deepStrictEqual(undelivered(result).dropped, { untranslatable: 1 });
      assert.equal(exporter.stats().delivered, 1);
    });

    it('whatever the access is', async () => {
      const host = undefined as unknown as string;
      connections.add(CONNECTION_ID, { host });
      createWithAccess();
      assert.deepStrictEqual(undelivered(await send(record('open_session'))).dropped, {
        host_refused: 1,
      });
    });

    it('whatever the callback does', async () => {
      create();
      await new Promise<void>((resolve) =>
        exporter.export([record('open_session')], () => {
          resolve();
          throw new Error('of the application');
        }),
      );
      await exporter.forceFlush();
    });
  });

  describe('dry', () => {
    it('shows what would be sent, and sends nothing', async () => {
      const bodies: string[] = [];
      create({ dryRun: ({ body }) => bodies.push(body) });
      assert.deepStrictEqual(await send(record('open_session')), { code: 0 });
      assert.equal(decode(bodies[0] ?? '').length, 1);
      assert.equal(server.received.length, 0);
    });

    it('shows what is sent, without the credentials', async () => {
      const payloads: string[] = [];
      create({
        onPayload: (payload) => {
          payloads.push(JSON.stringify(payload));
          throw new Error('of the application');
        },
      });
      assert.deepStrictEqual(await send(record('open_session')), { code: 0 });
      assert.equal(payloads.length, 1);
      assert.ok(!payloads[0]?.includes(TOKEN));
      assert.ok(payloads[0]?.includes('/telemetry-ext'));
    });
  });
});
