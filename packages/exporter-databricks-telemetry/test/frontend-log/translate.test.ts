import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attributes } from '@opentelemetry/api';
import * as semconv from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import * as fc from 'fast-check';
import { encodeBody } from '../../src/frontend-log/request-body';
import { connectionFacts } from '../../src/frontend-log/connection-facts';
import {
  encodeAnonymousError,
  encodeError,
  encodeOperation,
  prepareConnection,
} from '../../src/frontend-log/translate';
import * as schema from '../../src/frontend-log/schema';
import { sanitizeProcessName } from '../../src/frontend-log/system-configuration';
import { ENUMS, MESSAGES } from '../fixtures/declared-schema';
import { span } from '../fixtures/spans';
import { decode } from '../fixtures/telemetry-server';

const CONNECTION: Attributes = {
  'databricks.client.backend': 'thrift',
  'databricks.driver.version': '2.1.0',
  'databricks.workspace.id': '123456789012345678',
  'databricks.connection.http_path': '/sql/1.0/warehouses/abcdef?o=1&token=secret',
  'databricks.connection.auth_type': 'oauth-u2m',
  'databricks.connection.use_proxy': true,
  'databricks.connection.socket_timeout': 900_000,
  'databricks.connection.arrow_enabled': true,
  'databricks.connection.direct_results_enabled': false,
  'databricks.connection.metric_view_metadata': true,
  'databricks.connection.user_agent_entry': 'reports',
  'databricks.query.tag.team': 'secret-team',
};
const STATEMENT: Attributes = {
  'databricks.session.id': 'session-1',
  'databricks.statement.id': 'statement-1',
  'databricks.statement.poll_count': 3,
  'databricks.statement.poll_duration': 0.25,
  'databricks.http.retry_count': 1,
  'db.query.summary': 'SELECT main.people',
  'db.query.text': "SELECT 'Ada' FROM main.people",
};
const COMPLETION: Attributes = {
  'databricks.result.format': 'cloudfetch',
  'databricks.result.compressed': true,
  'databricks.result.chunks_present': 22,
  'databricks.result.chunk_count': 20,
  'databricks.cloudfetch.first_duration': 0.1004,
  'databricks.cloudfetch.slowest_duration': 0.3,
  'databricks.cloudfetch.total_duration': 2.1,
  'databricks.result.ready_duration': 0.5,
  'databricks.result.consumption_duration': 60,
  'databricks.http.retry_count': 2,
};

function prepared(connection: Attributes = CONNECTION) {
  return prepareConnection(
    connectionFacts(connection, { hostname: 'a.example.com', port: 8443 }),
    'Agent/1 (ü "x" \\)',
  );
}

function log(encoded: string): schema.TelemetryFrontendLog {
  const [decoded] = decode(Buffer.concat(encodeBody([encoded], 1)).toString());
  return decoded ?? assert.fail();
}

function driverLog(encoded: string): schema.SqlDriverLog {
  return log(encoded).entry.sql_driver_log;
}

/** Every field in a log, as paths like those of the table in the docs. */
function paths(value: unknown, prefix = ''): string[] {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, inner]) =>
        paths(inner, prefix ? `${prefix}.${name}` : name),
      )
    : [prefix.replace(/^entry\.sql_driver_log\./, '')];
}

const FULL_ERROR = {
  isError: true,
  attributes: {
    ...STATEMENT,
    'error.type': '42P01',
    'databricks.cloudfetch.chunk_index': 7,
  },
  events: [
    {
      name: 'exception',
      time: [0, 0] as [number, number],
      attributes: { 'exception.stacktrace': 'Error: x\n    at f (/a/b.js:1:2)' },
    },
  ],
};

const NO_SYSTEM = Object.fromEntries(
  Object.keys(connectionFacts({}, undefined).systemConfiguration).map((name) => [name, undefined]),
);

describe('the schema', () => {
  it('has the declared values of every enum', () => {
    assert.deepStrictEqual(
      {
        'DriverMode.Type': schema.DRIVER_MODES,
        'Statement.Type': schema.STATEMENT_TYPES,
        'Operation.Type': schema.OPERATION_TYPES,
        'ExecutionResult.Format': schema.EXECUTION_RESULT_FORMATS,
        'VolumeOperation.Type': schema.VOLUME_OPERATION_TYPES,
        'DriverAuthMech.Type': schema.AUTH_MECHS,
        'DriverAuthFlow.Type': schema.AUTH_FLOWS,
      },
      ENUMS,
    );
  });
});

describe('encodeOperation', () => {
  it('fills every field that the spans of a statement know', () => {
    const one = log(
      encodeOperation(
        span('execute_statement', { attributes: STATEMENT, durationMs: 1_234 }),
        prepared(),
        { completion: COMPLETION },
      ),
    );
    assert.equal(String(one.workspace_id), '123456789012345680');
    assert.equal(one.context.client_context.user_agent, 'Agent/1 (ü "x" \\)');
    assert.equal(one.context.client_context.timestamp_millis, 1_790_000_000_000);
    const { system_configuration: system, ...rest } = one.entry.sql_driver_log;
    assert.equal(system?.driver_name, 'nodejs-sql-driver');
    assert.equal(system?.client_app_name, 'reports');
    assert.deepStrictEqual(rest, {
      driver_connection_params: {
        http_path: '/sql/1.0/warehouses/abcdef',
        mode: 'THRIFT',
        host_info: { host_url: 'a.example.com', port: 8443 },
        use_proxy: true,
        auth_mech: 'OAUTH',
        auth_flow: 'BROWSER_BASED_AUTHENTICATION',
        enable_arrow: true,
        enable_direct_results: false,
        socket_timeout: 900,
        auto_commit: true,
        enable_metric_view_metadata: true,
      },
      auth_type: 'external-browser',
      session_id: 'session-1',
      sql_statement_id: 'statement-1',
      sql_operation: {
        operation_detail: {
          is_internal_call: false,
          operation_type: 'EXECUTE_STATEMENT',
          n_operation_status_calls: 3,
          operation_status_latency_millis: 250,
        },
        statement_type: 'QUERY',
        is_compressed: true,
        execution_result: 'EXTERNAL_LINKS',
        retry_count: 2,
        chunk_details: {
          total_chunks_present: 22,
          total_chunks_iterated: 20,
          initial_chunk_latency_millis: 100,
          slowest_chunk_latency_millis: 300,
          sum_chunks_download_time_millis: 2_100,
        },
        result_latency: {
          result_set_ready_latency_millis: 500,
          result_set_consumption_latency_millis: 60_000,
        },
      },
      operation_latency_ms: 1_234,
    });
  });

  it('measures the call, not the consumer (defect 2)', () => {
    const encoded = encodeOperation(span('execute_statement', { durationMs: 50 }), prepared(), {
      completion: COMPLETION,
    });
    assert.equal(driverLog(encoded).operation_latency_ms, 50);
  });

  it('reports a cancel with its latency (defect 4)', () => {
    const one = driverLog(encodeOperation(span('cancel_statement', { durationMs: 7 }), prepared()));
    assert.equal(one.sql_operation?.operation_detail?.operation_type, 'CANCEL_STATEMENT');
    assert.equal(one.operation_latency_ms, 7);
  });

  it('always has an execution result (defect 6)', () => {
    const one = driverLog(encodeOperation(span('execute_statement'), prepared()));
    assert.equal(one.sql_operation?.execution_result, 'FORMAT_UNSPECIFIED');
  });

  it('tells present from iterated chunks (defect 7), and the polls with their latency (defect 8)', () => {
    const { sql_operation: operation } = driverLog(
      encodeOperation(span('execute_statement', { attributes: STATEMENT }), prepared(), {
        completion: COMPLETION,
      }),
    );
    assert.equal(operation?.chunk_details?.total_chunks_present, 22);
    assert.equal(operation?.chunk_details?.total_chunks_iterated, 20);
    assert.equal(operation?.operation_detail?.n_operation_status_calls, 3);
    assert.equal(operation?.operation_detail?.operation_status_latency_millis, 250);
  });

  it('says in each record whose it is and how it is configured (defect 9: once per connect)', () => {
    for (const operation of ['open_session', 'execute_statement', 'close_session'] as const) {
      const one = log(encodeOperation(span(operation), prepared()));
      assert.ok(one.workspace_id);
      assert.ok(one.entry.sql_driver_log.system_configuration);
      assert.ok(one.entry.sql_driver_log.driver_connection_params);
    }
  });

  it('says SEA for the kernel (defect 17: always THRIFT)', () => {
    const { driver_connection_params: parameters } = driverLog(
      encodeOperation(span('open_session'), prepared({ 'databricks.client.backend': 'kernel' })),
    );
    assert.equal(parameters?.mode, 'SEA');
  });

  for (const [summary, type] of [
    ['SELECT a', 'QUERY'],
    ['with x', 'QUERY'],
    ['SHOW TABLES', 'QUERY'],
    ['INSERT a SELECT b', 'UPDATE'],
    ['MERGE a', 'UPDATE'],
    ['LOAD a', 'UPDATE'],
    ['CREATE TABLE a', 'SQL'],
    ['PUT', 'VOLUME'],
  ] as const) {
    it(`takes ${summary} for a statement of type ${type} (defect 18)`, () => {
      const attributes = { 'db.query.summary': summary };
      const { sql_operation: operation } = driverLog(
        encodeOperation(span('execute_statement', { attributes }), prepared()),
      );
      assert.equal(operation?.statement_type, type);
    });
  }

  it('reports volume operations without their paths (defect 18)', () => {
    const staging = span('staging_remove').attributes;
    const joined = span('execute_statement', { attributes: { 'db.query.summary': 'REMOVE' } });
    assert.deepStrictEqual(
      driverLog(encodeOperation(joined, prepared(), { staging })).vol_operation,
      { volume_operation_type: 'DELETE' },
    );
    assert.deepStrictEqual(
      driverLog(encodeOperation(span('staging_put'), prepared())).vol_operation,
      {
        volume_operation_type: 'PUT',
      },
    );
  });

  it('leaves unknown values out rather than inventing one', () => {
    const one = driverLog(
      encodeOperation(
        span('get_info', {
          attributes: {
            'databricks.statement.poll_count': -1,
            'databricks.statement.poll_duration': Number.NaN,
            'databricks.result.chunk_count': 1.5,
          },
        }),
        prepared({
          'databricks.client.backend': 'constructor',
          'databricks.connection.auth_type': 'toString',
          'databricks.workspace.id': '12 or 13',
          'databricks.driver.version': 'none of yours',
        }),
      ),
    );
    assert.deepStrictEqual(one.driver_connection_params, {
      auto_commit: true,
      host_info: { host_url: 'a.example.com', port: 8443 },
    });
    assert.equal(one.auth_type, undefined);
    assert.equal(one.system_configuration?.driver_version, undefined);
    assert.deepStrictEqual(one.sql_operation, {
      operation_detail: { is_internal_call: false },
      statement_type: 'METADATA',
    });
  });

  it('makes valid JSON with nothing but fields of the schema, whatever the attributes are', () => {
    const names = Object.entries(semconv)
      .filter(([name]) => name.startsWith('ATTR_'))
      .map(([, value]) => value);
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constantFrom('execute_statement', 'staging_put', 'cloudfetch', 'SELECT a'),
      fc.array(fc.string()),
    );
    const anyAttributes = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 30 });
    const allowed = new Set(documentedFields());
    fc.assert(
      fc.property(anyAttributes, anyAttributes, anyAttributes, (own, completion, connection) => {
        const subject = span('execute_statement', { attributes: own, isError: true });
        const connectionOf = prepared(connection);
        const encoded = [
          encodeOperation(subject, connectionOf, { completion, staging: own }),
          encodeError(subject, connectionOf),
          encodeAnonymousError(subject, 'Agent'),
        ];
        const logs = decode(Buffer.concat(encodeBody(encoded, 1)).toString());
        assert.equal(logs.length, 3);
        for (const path of logs.flatMap((one) => paths(one))) {
          assert.ok(allowed.has(path), path);
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** The bytes of a log are held: what the service reads must not change unnoticed. */
describe('the bytes of a log', () => {
  const connection = prepareConnection(
    {
      workspaceId: '123456789012345678',
      driverVersion: '2.1.0',
      systemConfiguration: { ...NO_SYSTEM, driver_name: 'nodejs-sql-driver', os_name: 'linux' },
      connectionParameters: {
        ...connectionFacts({}, undefined).connectionParameters,
        http_path: '/sql/1.0/warehouses/ü"',
        host_info: { host_url: 'a.example.com', port: 443 },
        enable_arrow: true,
      },
      authType: 'pat',
    },
    'Agent/1 (ü "x" \\)',
  );
  const ids = {
    spanContext: () => ({
      traceId: '0123456789abcdef0123456789abcdef',
      spanId: 'fedcba9876543210',
      traceFlags: 0,
    }),
  };
  const HEAD = String.raw`{\"workspace_id\":123456789012345678,\"frontend_log_event_id\":\"01234567-89ab-8fed-`;
  const CONTEXT = String.raw`\",\"context\":{\"client_context\":{\"user_agent\":\"Agent/1 (\u00fc \\\"x\\\" \\\\)\",\"timestamp_millis\":`;
  const ENTRY = String.raw`}},\"entry\":{\"sql_driver_log\":{\"system_configuration\":{\"driver_name\":\"nodejs-sql-driver\",\"os_name\":\"linux\"},\"driver_connection_params\":{\"http_path\":\"/sql/1.0/warehouses/\u00fc\\\"\",\"host_info\":{\"host_url\":\"a.example.com\",\"port\":443},\"enable_arrow\":true,\"auto_commit\":true},\"auth_type\":\"pat\",\"session_id\":\"session-1\",\"sql_statement_id\":\"statement-1\"`;

  it('of a statement', () => {
    const subject = {
      ...span('execute_statement', { attributes: { ...STATEMENT, 'db.query.summary': 'PUT' } }),
      ...ids,
    };
    assert.equal(
      encodeOperation(subject, connection, { completion: COMPLETION }),
      `${HEAD}8cba-9876543210ef${CONTEXT}1790000000000${ENTRY}${String.raw`,\"vol_operation\":{\"volume_operation_type\":\"PUT\"},\"sql_operation\":{\"operation_detail\":{\"is_internal_call\":false,\"operation_type\":\"EXECUTE_STATEMENT\",\"n_operation_status_calls\":3,\"operation_status_latency_millis\":250},\"statement_type\":\"VOLUME\",\"is_compressed\":true,\"execution_result\":\"EXTERNAL_LINKS\",\"retry_count\":2,\"chunk_details\":{\"total_chunks_present\":22,\"total_chunks_iterated\":20,\"initial_chunk_latency_millis\":100,\"slowest_chunk_latency_millis\":300,\"sum_chunks_download_time_millis\":2100},\"result_latency\":{\"result_set_ready_latency_millis\":500,\"result_set_consumption_latency_millis\":60000}},\"operation_latency_ms\":125}}}`}`,
    );
  });

  it('of an error', () => {
    assert.equal(
      encodeError({ ...span('cloudfetch_download', FULL_ERROR), ...ids }, connection),
      `${HEAD}9cba-9876543210ef${CONTEXT}1790000000125${ENTRY}${String.raw`,\"sql_operation\":{\"operation_detail\":{\"is_internal_call\":false,\"n_operation_status_calls\":3,\"operation_status_latency_millis\":250},\"chunk_id\":7,\"retry_count\":1},\"error_info\":{\"error_name\":\"42P01\",\"stack_trace\":\"at f (b.js:1:2)\"}}}}`}`,
    );
  });
});

describe('encodeError', () => {
  it('names the failure and the failed chunk, with frames and without the message', () => {
    const one = driverLog(encodeError(span('cloudfetch_download', FULL_ERROR), prepared()));
    assert.deepStrictEqual(one.error_info, { error_name: '42P01', stack_trace: 'at f (b.js:1:2)' });
    assert.equal(one.sql_operation?.chunk_id, 7);
    assert.equal(one.operation_latency_ms, undefined);
  });

  it('says what kind of call failed', () => {
    const { sql_operation: one } = driverLog(encodeError(span('close_session'), prepared()));
    assert.equal(one?.operation_detail?.operation_type, 'DELETE_SESSION');
  });

  it('takes no text of the server or the application for a name', () => {
    const attributes = {
      'databricks.error.condition': 'no such table main.people',
      'error.type': 'dapi0123456789abcdef',
    };
    const one = driverLog(encodeError(span('execute_statement', { attributes }), prepared()));
    assert.equal(one.error_info?.error_name, '_OTHER');
  });

  it('has another id than the record of the same call, and the same id each time', () => {
    const subject = span('execute_statement', FULL_ERROR);
    const ids = [
      encodeOperation(subject, prepared()),
      encodeError(subject, prepared()),
      encodeError(subject, prepared()),
    ].map((encoded) => log(encoded).frontend_log_event_id);
    assert.notEqual(ids[0], ids[1]);
    assert.equal(ids[1], ids[2]);
    assert.match(
      ids[0] ?? '',
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('has an id of its own for spans without one', () => {
    const subject = {
      ...span('execute_statement'),
      spanContext: () => ({ traceId: '"', spanId: '0000000000000000', traceFlags: 0 }),
    };
    const [a, b] = [1, 2].map(() => log(encodeError(subject, prepared())).frontend_log_event_id);
    assert.match(a ?? '', /^[0-9a-f-]{36}$/);
    assert.notEqual(a, b);
  });
});

function operationOf(attributes: Attributes, completion?: Attributes, staging?: Attributes) {
  return driverLog(
    encodeOperation(span('execute_statement', { attributes }), prepared(), { completion, staging }),
  );
}

function retriesOf(own?: number, later?: number): number | undefined {
  return operationOf(
    own === undefined ? {} : { 'databricks.http.retry_count': own },
    later === undefined ? undefined : { 'databricks.http.retry_count': later },
  ).sql_operation?.retry_count;
}

function compressedOf(attributes: Attributes, completion?: Attributes): boolean | undefined {
  return operationOf(attributes, completion).sql_operation?.is_compressed;
}

function chunksOf(completion: Attributes): object | undefined {
  return operationOf({}, completion).sql_operation?.chunk_details;
}

function latencyOf(completion: Attributes): object | undefined {
  return operationOf({}, completion).sql_operation?.result_latency;
}

function volumeOf(attributes: Attributes, staging?: Attributes): string | undefined {
  return operationOf(attributes, undefined, staging).vol_operation?.volume_operation_type;
}

function formatOf(attributes: Attributes): string | undefined {
  return driverLog(encodeOperation(span('close_statement', { attributes }), prepared()))
    .sql_operation?.execution_result;
}

function timeOf(encoded: string): number | undefined {
  return log(encoded).context.client_context.timestamp_millis;
}

describe('encodeOperation, of what only some spans say', () => {
  it('takes ids of the completion where the call has none', () => {
    const one = operationOf(
      {},
      { 'databricks.session.id': 'session-2', 'databricks.statement.id': 'statement-2' },
    );
    assert.equal(one.session_id, 'session-2');
    assert.equal(one.sql_statement_id, 'statement-2');
    const other = operationOf({ 'databricks.session.id': 'session-3' }, STATEMENT);
    assert.equal(other.session_id, 'session-3');
    const none = operationOf({});
    assert.ok(!('session_id' in none) && !('sql_statement_id' in none));
  });

  it('counts the retries of a statement once, whichever span says more', () => {
    assert.equal(retriesOf(3, 2), 3);
    assert.equal(retriesOf(1, 2), 2);
    assert.equal(retriesOf(1), 1);
    assert.equal(retriesOf(undefined, 2), 2);
    assert.equal(retriesOf(), undefined);
  });

  it('takes the compression from the close before the statement', () => {
    const compressed = 'databricks.result.compressed';
    assert.equal(compressedOf({ [compressed]: true }, { [compressed]: false }), false);
    assert.equal(compressedOf({ [compressed]: true }, {}), true);
    assert.equal(compressedOf({ [compressed]: true }), true);
    assert.equal(compressedOf({}), undefined);
  });

  it('tells the chunks of either end alone, and none without a count', () => {
    assert.deepStrictEqual(chunksOf({ 'databricks.result.chunks_present': 3 }), {
      total_chunks_present: 3,
    });
    assert.deepStrictEqual(chunksOf({ 'databricks.result.chunk_count': 2 }), {
      total_chunks_iterated: 2,
    });
    assert.equal(chunksOf({ 'databricks.cloudfetch.total_duration': 2 }), undefined);
  });

  it('tells either latency of the result alone', () => {
    assert.deepStrictEqual(latencyOf({ 'databricks.result.ready_duration': 0.5 }), {
      result_set_ready_latency_millis: 500,
    });
    assert.deepStrictEqual(latencyOf({ 'databricks.result.consumption_duration': 0.5 }), {
      result_set_consumption_latency_millis: 500,
    });
    assert.equal(latencyOf({}), undefined);
  });

  it('takes the totals of the call itself where no close came', () => {
    const { sql_operation: one } = operationOf({ 'databricks.result.chunk_count': 2 });
    assert.equal(one?.chunk_details?.total_chunks_iterated, 2);
  });

  it('names the volume operation of the SQL, unless a transfer says which it was', () => {
    const summary = { 'db.query.summary': 'REMOVE' };
    assert.equal(volumeOf(summary), 'DELETE');
    assert.equal(volumeOf(summary, { 'databricks.operation': 'staging_get' }), 'GET');
    assert.equal(volumeOf(summary, {}), 'DELETE');
    assert.equal(volumeOf({ 'db.query.summary': 'SELECT' }), undefined);
    assert.equal(volumeOf({}), undefined);
  });

  it('says no result format of a call that has no result, unless it was seen', () => {
    assert.equal(formatOf({}), undefined);
    assert.equal(formatOf({ 'databricks.result.format': 'cloudfetch' }), 'EXTERNAL_LINKS');
  });
});

describe('encodeError, of what only some spans say', () => {
  it('has no stack where there is none', () => {
    const { error_info: info } = driverLog(encodeError(span('open_session'), prepared()));
    assert.ok(info !== undefined && !('stack_trace' in info));
  });

  it('is of the time at which the call ended, and the call of that at which it started', () => {
    const subject = span('execute_statement', { durationMs: 250 });
    const startMs = timeOf(encodeOperation(subject, prepared())) ?? 0;
    assert.equal(timeOf(encodeError(subject, prepared())), startMs + 250);
    assert.equal(timeOf(encodeAnonymousError(subject, 'Agent')), startMs + 250);
  });
});

describe('encodeAnonymousError', () => {
  it('tells what kind of call failed and how, and nothing else', () => {
    const { frontend_log_event_id: id, ...one } = log(
      encodeAnonymousError(span('execute_statement', FULL_ERROR), 'Agent "1"'),
    );
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.deepStrictEqual(one, {
      context: {
        client_context: { user_agent: 'Agent "1"', timestamp_millis: 1_790_000_000_125 },
      },
      entry: {
        sql_driver_log: {
          sql_operation: {
            operation_detail: { is_internal_call: false, operation_type: 'EXECUTE_STATEMENT' },
          },
          error_info: { error_name: '42P01', stack_trace: '' },
        },
      },
    });
  });

  it('has another id each time: it is to be linked to nothing', () => {
    const subject = span('execute_statement', FULL_ERROR);
    const [a, b] = [1, 2].map(() => log(encodeAnonymousError(subject, 'A')).frontend_log_event_id);
    assert.notEqual(a, b);
  });
});

describe('encodeBody', () => {
  it('is one JSON text in ASCII, however many pieces it has', () => {
    const logs = Array.from({ length: 100 }, () =>
      encodeOperation(span('open_session'), prepared()),
    );
    const pieces = encodeBody(logs, 5);
    assert.ok(pieces.length > 1);
    const text = Buffer.concat(pieces).toString();
    assert.match(text, /^[\x20-\x7e]+$/);
    assert.equal(decode(text).length, 100);
    assert.deepStrictEqual(JSON.parse(Buffer.concat(encodeBody([], 5)).toString()), {
      uploadTime: 5,
      items: [],
      protoLogs: [],
    });
  });
});

describe('sanitizeProcessName', () => {
  for (const [name, expected] of [
    ['/home/ada/app/server.js', 'server'],
    ['C:\\apps\\server.js', 'server'],
    ['node --db-password=x app.js', 'node'],
    ['--password=x', undefined],
    ['server.min.js', 'server.min'],
    ['.hidden', '.hidden'],
    ['  ', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const) {
    it(`makes ${String(expected)} of ${JSON.stringify(name)}`, () => {
      assert.equal(sanitizeProcessName(name), expected);
    });
  }
});

function documentation(): string {
  // From build/test/frontend-log.
  return readFileSync(join(__dirname, '../../../../../docs/telemetry-fields.md'), 'utf8');
}

function rows(heading: string): string[][] {
  const section = documentation().split(heading)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `') && !line.startsWith('| `databricks.operation` '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function documentedFields(): string[] {
  return rows('# What is reported').map(([field = '']) => field.replaceAll('`', ''));
}

describe('docs/telemetry-fields.md', () => {
  const all = [
    encodeOperation(
      span('execute_statement', { attributes: { ...STATEMENT, 'db.query.summary': 'PUT' } }),
      prepared(),
      { completion: COMPLETION },
    ),
    encodeError(span('cloudfetch_download', FULL_ERROR), prepared()),
  ];

  it('has a row for every field that is sent, and none for one that is not', () => {
    const sent = new Set(all.flatMap((encoded) => paths(log(encoded))));
    // Where the environment says nothing.
    sent.add('system_configuration.locale_name');
    assert.deepStrictEqual([...sent].toSorted(), documentedFields().toSorted());
  });

  it('marks what is sent without authentication', () => {
    const anonymous = paths(log(encodeAnonymousError(span('open_session', FULL_ERROR), 'Agent')));
    const marked = rows('# What is reported').filter(([, , , unauth]) => unauth !== '');
    assert.deepStrictEqual(
      anonymous.toSorted(),
      marked.map(([field = '']) => field.replaceAll('`', '')).toSorted(),
    );
  });

  it('names attributes that exist', () => {
    const names = new Set(Object.values(semconv).map(String));
    for (const [, from = ''] of rows('# What is reported')) {
      for (const [, name = ''] of from.matchAll(/`((?:databricks|db|error|exception)\.[\w.]+)`/g)) {
        assert.ok(names.has(name), name);
      }
    }
  });

  it('has every field in the declared schema', () => {
    const parts: Record<string, string> = {
      system_configuration: 'DriverSystemConfiguration',
      driver_connection_params: 'DriverConnectionParameters',
      host_info: 'HostDetails',
      vol_operation: 'VolumeOperationEvent',
      sql_operation: 'SqlExecutionEvent',
      chunk_details: 'ChunkDetails',
      result_latency: 'ResultLatency',
      operation_detail: 'OperationDetail',
      error_info: 'DriverErrorInfo',
    };
    for (const field of documentedFields()) {
      const [name = '', parent] = field.split('.').toReversed();
      const message = parent === undefined ? 'OssSqlDriverTelemetryLog' : parts[parent];
      const isEnvelope = ['workspace_id', 'frontend_log_event_id'].includes(name);
      if (!isEnvelope && parent !== 'client_context') {
        assert.ok(MESSAGES[message ?? '']?.[name], field);
      }
    }
  });

  it('has the operation and statement types of every operation', () => {
    for (const [operation = '', type = '', statementType = ''] of rows('## Operation types')) {
      const name = operation.replaceAll('`', '') as semconv.Operation;
      const { sql_operation: encoded } = driverLog(encodeOperation(span(name), prepared()));
      assert.equal(encoded?.operation_detail?.operation_type ?? '', type, name);
      if (name !== 'execute_statement') {
        assert.equal(encoded?.statement_type ?? '', statementType, name);
      }
    }
  });
});
