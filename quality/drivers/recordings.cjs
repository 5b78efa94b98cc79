// Compares the shapes of the warehouse's answers with recordings of the real service: names and presence of fields.
// The argument is a checkout of databricks/databricks-jdbc. Nothing of the recordings is kept.
'use strict';

const { readdirSync, readFileSync } = require('node:fs');
const path = require('node:path');
const { DBSQLClient } = require('@databricks/sql');
const types = require('@databricks/sql/thrift/TCLIService_types');
const { LocalWarehouse } = require('@dbsql-otel/local-warehouse');
const Int64 = require('node-int64');
const { TBinaryProtocol, TBufferedTransport } = require('thrift');

const RESOURCES = 'src/test/resources';
const THRIFT_FOLDERS = ['thriftserverapi', 'cloudfetchthriftserverapi'];
const REST_FOLDERS = ['sqlexecapi', 'sqlgatewayapi'];
/** Fields whose parts depend on the data: how many columns, links or rows there are says nothing about the shape. */
const OPAQUE = new Set(['schema', 'results', 'infoMessages', 'chunks', 'result', 'configuration']);

function mappings(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.json'))
    .map((file) => readFileSync(path.join(folder, file), 'utf8').replace(/, *\/\/ .*$/gm, ','))
    .map((text) => JSON.parse(text))
    .filter(({ response }) => response !== undefined);
}

/** Reads a Thrift message with the driver's own types; `suffix` is `Req` or `Resp`. */
function decode(base64, suffix) {
  let decoded;
  const receive = TBufferedTransport.receiver((transport) => {
    const protocol = new TBinaryProtocol(transport);
    const { fname: name } = protocol.readMessageBegin();
    protocol.readStructBegin();
    protocol.readFieldBegin();
    // Without the constructor: those of requests insist on fields that are still to be read.
    const struct = Object.create(types[`T${name}${suffix}`].prototype);
    struct.read(protocol);
    decoded = { name, struct };
  }, 0);
  receive(Buffer.from(base64, 'base64'));
  return decoded;
}

/** Fields that the native kernel reads, and that the recordings, older than it, do not have. */
const ADDED_SINCE = new Set(['status.sql_state', 'status.display_message']);

/** Paths of all fields that are there. */
function shape(value, at = '', found = new Set()) {
  if (value === null || value === undefined) return found;
  const isLeaf = typeof value !== 'object' || Array.isArray(value) || Buffer.isBuffer(value);
  const name = at.split('.').at(-1);
  if (isLeaf || value instanceof Int64 || OPAQUE.has(name)) return found.add(at);
  for (const [field, item] of Object.entries(value)) {
    shape(item, at === '' ? field : `${at}.${field}`, found);
  }
  return found;
}

function kindOf(sql) {
  return sql.trim().split(/\s+/)[0].toUpperCase();
}

/** Adds a shape to those of its call: which fields some, and which all of its answers had. */
function add(calls, call, fields) {
  const known = calls.get(call);
  if (!known) calls.set(call, { some: new Set(fields), all: new Set(fields), count: 1 });
  else {
    for (const field of fields) known.some.add(field);
    for (const field of known.all) if (!fields.has(field)) known.all.delete(field);
    known.count += 1;
  }
}

function recorded(checkout) {
  const calls = new Map();
  for (const folder of THRIFT_FOLDERS) {
    for (const { request, response } of mappings(path.join(checkout, RESOURCES, folder))) {
      if (response.base64Body === undefined || response.status !== 200) continue;
      const { name, struct } = decode(response.base64Body, 'Resp');
      const { binaryEqualTo } = request.bodyPatterns?.[0] ?? {};
      const statement =
        name === 'ExecuteStatement' && decode(binaryEqualTo, 'Req').struct.statement;
      const failed = struct.status.statusCode === types.TStatusCode.ERROR_STATUS ? ' failed' : '';
      add(calls, `${name}${statement ? ` ${kindOf(statement)}` : ''}${failed}`, shape(struct));
    }
  }
  for (const folder of REST_FOLDERS) {
    for (const { request, response } of mappings(path.join(checkout, RESOURCES, folder))) {
      const call = restCall(request.method, request.url ?? '');
      if (call === undefined || response.body === undefined) continue;
      const body = JSON.parse(response.body);
      add(calls, `${call} ${stateOf(body, response.status)}`, shape(body));
    }
  }
  return calls;
}

function restCall(method, url) {
  const [, resource, id] = /^\/api\/2\.0\/sql\/(sessions|statements)\/([^/?]*)/.exec(url) ?? [];
  if (resource === undefined || url.includes('/result/')) return undefined;
  return `${method} ${resource}${id === '' ? '' : '/{id}'}`;
}

function stateOf(body, status) {
  if (status !== 200) return String(status);
  const hasColumns = (body.manifest?.schema?.column_count ?? 0) > 0;
  return [body.status?.state, body.manifest && (hasColumns ? 'rows' : 'no rows')]
    .filter(Boolean)
    .join(', ');
}

async function served() {
  const calls = new Map();
  const warehouse = await LocalWarehouse.start();
  const client = new DBSQLClient({ logger: { log: () => undefined } });
  await client.connect(warehouse.connectionOptions());
  await thriftCalls(calls, await client.getDriver());
  await restCalls(calls, warehouse);
  await client.close();
  await warehouse.stop();
  return calls;
}

async function thriftCalls(calls, rpc) {
  const note = (name, struct) => {
    const failed = struct.status.statusCode === types.TStatusCode.ERROR_STATUS ? ' failed' : '';
    add(calls, `${name}${failed}`, shape(struct));
    return struct;
  };
  const opened = note(
    'OpenSession',
    await rpc.openSession(new types.TOpenSessionReq({ client_protocol_i64: new Int64(0xa508) })),
  );
  const { sessionHandle } = opened;
  const getDirectResults = new types.TSparkGetDirectResults({ maxRows: new Int64(1000) });
  const execute = async (statement) => {
    const request = {
      sessionHandle,
      statement,
      getDirectResults,
      canReadArrowResult: true,
      canDownloadResult: true,
      canDecompressLZ4Result: true,
    };
    const answer = await rpc.executeStatement(new types.TExecuteStatementReq(request));
    return note(`ExecuteStatement ${kindOf(statement)}`, answer);
  };
  for (const statement of [
    'CREATE TABLE t (a INT)',
    'DROP TABLE t',
    'INSERT INTO t VALUES (1)',
    'UPDATE t SET a = 1',
    'DELETE FROM t',
    'DESCRIBE sales.orders',
    'INSER INTO t /* local-warehouse: error=submit:PARSE_SYNTAX_ERROR:42601 */',
    'SELECT 1',
  ]) {
    const { operationHandle } = await execute(statement);
    if (operationHandle) {
      const request = new types.TCloseOperationReq({ operationHandle });
      note('CloseOperation', await rpc.closeOperation(request));
    }
  }
  await execute('SELECT * FROM range(10) /* local-warehouse: cloudfetch=2 */');
  await execute('SELECT 1 /* local-warehouse: columnar */');
  const request = { sessionHandle, getDirectResults };
  note('GetCatalogs', await rpc.getCatalogs(new types.TGetCatalogsReq(request)));
  note('GetSchemas', await rpc.getSchemas(new types.TGetSchemasReq(request)));
  note('GetTables', await rpc.getTables(new types.TGetTablesReq(request)));
  note('CloseSession', await rpc.closeSession(new types.TCloseSessionReq({ sessionHandle })));
}

async function restCalls(calls, warehouse) {
  const { port, token } = warehouse;
  const call = async (method, route, body, authorization = `Bearer ${token}`) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/2.0/sql/${route}`, {
      method,
      headers: authorization === undefined ? {} : { authorization },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const answer = await response.json();
    const name = restCall(method, `/api/2.0/sql/${route}`);
    add(calls, `${name} ${stateOf(answer, response.status)}`, shape(answer));
    return answer;
  };
  const { session_id } = await call('POST', 'sessions/', {});
  await call('POST', 'sessions/', {}, 'none');
  const common = { session_id, disposition: 'INLINE_OR_EXTERNAL_LINKS' };
  const lz4 = { ...common, result_compression: 'LZ4_FRAME' };
  await call('POST', 'statements/', { ...lz4, statement: 'CREATE TABLE t (a INT)' });
  await call('POST', 'statements/', { ...common, statement: 'DROP TABLE t' });
  await call('POST', 'statements/', { ...common, statement: 'SELEC 1' });
  const { statement_id } = await call('POST', 'statements/', { ...lz4, statement: 'SELECT 1' });
  await call('POST', 'statements/', { ...common, statement: 'SELECT 1' });
  await call('DELETE', `statements/${statement_id}`);
  await call('DELETE', `sessions/${session_id}`);
}

async function main() {
  const [checkout] = process.argv.slice(2);
  if (checkout === undefined) {
    console.error('Give the folder of a checkout of databricks/databricks-jdbc.');
    return 2;
  }
  const real = recorded(checkout);
  const local = await served();
  let differences = 0;
  let compared = 0;
  for (const [call, { some, all, count }] of [...real].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const ours = local.get(call);
    if (!ours) {
      console.log(`- ${call} (${count}): not asked of the warehouse`);
      continue;
    }
    compared += 1;
    const missing = [...all].filter((field) => !ours.some.has(field));
    const added = [...ours.some].filter((field) => !some.has(field) && !ADDED_SINCE.has(field));
    differences += missing.length + added.length;
    const result = missing.length + added.length === 0 ? 'same' : 'different';
    console.log(`- ${call} (${count}): ${result}`);
    if (missing.length > 0) console.log(`    missing: ${missing.join(', ')}`);
    if (added.length > 0) console.log(`    added: ${added.join(', ')}`);
  }
  console.log(`\n${compared} calls compared, ${differences} differences in their fields`);
  return differences === 0 ? 0 : 1;
}

void main().then((status) => process.exit(status));
