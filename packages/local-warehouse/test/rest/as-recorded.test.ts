import assert from 'node:assert/strict';
import { LocalWarehouse } from '../../src';
import { ALL_TYPES } from '../support/all-types';
import { send } from '../support/http';

interface Manifest {
  readonly schema: {
    readonly column_count: number;
    readonly columns?: readonly { readonly type_name: string }[];
  };
  readonly total_chunk_count: number;
  readonly chunks?: readonly { readonly byte_count: number }[];
  readonly total_byte_count: number;
}

interface Answer {
  readonly session_id?: string;
  readonly statement_id?: string;
  readonly status?: {
    readonly state: string;
    readonly error?: { readonly error_code: string; readonly message: string };
  };
  readonly manifest?: Manifest;
  readonly result?: object;
}

/** The answers of the Statement Execution API, in the shapes of recordings of the real one. */
describe('answers of the Statement Execution API', () => {
  let warehouse: LocalWarehouse;
  before(async () => {
    warehouse = await LocalWarehouse.start();
  });
  after(() => warehouse.stop());
  afterEach(() => warehouse.reset());

  async function call(method: string, path: string, body: object = {}): Promise<Answer> {
    const sent = method === 'POST' ? { method, body: JSON.stringify(body) } : { method };
    const { status, body: text } = await send(warehouse, path, sent);
    assert.equal(status, 200, `${method} ${path}: ${text}`);
    return JSON.parse(text) as Answer;
  }

  async function execute(statement: string, base = '/api/2.0/sql'): Promise<Answer> {
    const { session_id } = await call('POST', `${base}/sessions/`);
    return call('POST', `${base}/statements/`, {
      session_id,
      statement,
      disposition: 'INLINE_OR_EXTERNAL_LINKS',
    });
  }

  it('to DDL have a manifest without columns and chunks', async () => {
    const { manifest, result, status } = await execute('CREATE TABLE t (a INT)');
    assert.deepEqual(status, { state: 'SUCCEEDED' });
    assert.deepEqual(manifest, {
      format: 'ARROW_STREAM',
      schema: { column_count: 0 },
      total_chunk_count: 0,
      total_row_count: 0,
      total_byte_count: 0,
      truncated: false,
    });
    assert.deepEqual(result, {});
  });

  it('name types as the API does, and the size of each chunk', async () => {
    warehouse.script('all types', { relation: ALL_TYPES });
    const { manifest } = await execute("SELECT 'all types'");
    const names = manifest?.schema.columns?.map(({ type_name }) => type_name) ?? [];
    for (const name of ['BYTE', 'SHORT', 'INT', 'LONG']) assert.ok(names.includes(name), name);
    assert.ok(!names.includes('BIGINT'));
    const sizes = manifest?.chunks?.map(({ byte_count }) => byte_count) ?? [];
    assert.deepEqual(sizes, [manifest?.total_byte_count]);
  });

  it('have one chunk of an inline result, however many rows it has', async () => {
    const { manifest } = await execute('SELECT * FROM range(50000)');
    assert.equal(manifest?.total_chunk_count, 1);
  });

  it('quote the statement that the parser refuses', async () => {
    const { status } = await execute('SELEC 1');
    assert.equal(status?.state, 'FAILED');
    assert.equal(status?.error?.error_code, 'BAD_REQUEST');
    assert.equal(
      status?.error?.message,
      "\n[PARSE_SYNTAX_ERROR] Syntax error at or near 'SELEC'. SQLSTATE: 42601 (line 1, pos 0)\n\n== SQL ==\nSELEC 1\n^^^\n",
    );
  });

  it('are given with and without a slash, and beneath the warehouse and the session', async () => {
    const base = `/api/2.0/sql/warehouses/${warehouse.warehouseId}/sessions`;
    const { session_id } = await call('POST', base);
    assert.ok(session_id);
    const { statement_id } = await call('POST', `${base}/${session_id}/statements`, {
      statement: 'SELECT 1',
    });
    for (const path of [
      `${base}/${session_id}/statements/${statement_id}`,
      `/api/2.0/sql/statements/${statement_id}`,
      `/api/2.0/sql/statements/${statement_id}/`,
      `/api/2.0/sql/statements/${statement_id}/status`,
    ]) {
      assert.equal((await call('GET', path)).statement_id, statement_id, path);
    }
    await call('POST', `${base}/${session_id}/statements/${statement_id}/cancel`);
    await call('DELETE', `${base}/${session_id}/statements/${statement_id}`);
    await call('DELETE', `${base}/${session_id}`);
    assert.equal(warehouse.openSessions > 0, true);
  });
});
