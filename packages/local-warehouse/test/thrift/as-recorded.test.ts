import assert from 'node:assert/strict';
import types from '@databricks/sql/thrift/TCLIService_types';
import type { TExecuteStatementResp, TStatus } from '@databricks/sql/thrift/TCLIService_types';
import Int64 from 'node-int64';
import { plainValue } from '../../src/thrift/plain-value';
import { connect } from '../support/driver';
import type { Connected } from '../support/driver';
import { directResults, thriftClient } from '../support/thrift-client';
import type { ThriftClient } from '../support/thrift-client';

function columns(response: TExecuteStatementResp): unknown {
  const found = response.directResults?.resultSetMetadata?.schema?.columns ?? [];
  return found.map(({ columnName }) => columnName);
}

function assertInvalid(status: TStatus, kind: string): void {
  assert.equal(status.statusCode, types.TStatusCode.ERROR_STATUS);
  assert.equal(status.sqlState, '08000');
  assert.match(status.errorMessage ?? '', new RegExp(`^Invalid ${kind}: ${kind} \\[`));
  assert.equal(status.displayMessage, status.errorMessage);
}

/** The answers of the Thrift service, in the shapes of recordings of the real one. */
describe('Thrift answers', () => {
  let connected: Connected;
  let thrift: ThriftClient;
  before(async () => {
    connected = await connect();
    thrift = await thriftClient(connected.client);
  });
  after(() => connected.close());
  afterEach(() => connected.warehouse.reset());

  it('to DDL have a column "Result", no record batches, and close the operation', async () => {
    for (const sql of ['CREATE TABLE t (a INT)', 'USE main.sales', 'SET x = 1']) {
      const response = await thrift.execute(sql);
      const { directResults: direct, operationHandle } = response;
      assert.equal(operationHandle?.hasResultSet, true);
      assert.deepEqual(columns(response), ['Result']);
      assert.equal(direct?.resultSetMetadata?.resultFormat, types.TSparkRowSetType.ARROW_BASED_SET);
      assert.ok(direct?.resultSetMetadata?.arrowSchema);
      assert.deepEqual(direct?.resultSet?.results?.arrowBatches, []);
      assert.equal(direct?.resultSet?.hasMoreRows, false);
      assert.ok(direct?.closeOperation);
    }
  });

  it('to changes of data count the rows', async () => {
    const insert = await thrift.execute('INSERT INTO t VALUES (1)');
    assert.deepEqual(columns(insert), ['num_affected_rows', 'num_inserted_rows']);
    assert.equal(plainValue(insert.directResults?.operationStatus?.numModifiedRows), 1);
    const update = await thrift.execute('UPDATE t SET a = 1');
    assert.deepEqual(columns(update), ['num_affected_rows']);
  });

  it('have the fields of the recorded operation status and no others', async () => {
    const { directResults: direct } = await thrift.execute('SELECT 1');
    assert.deepEqual(plainValue(direct?.operationStatus), {
      status: { statusCode: types.TStatusCode.SUCCESS_STATUS },
      operationState: types.TOperationState.FINISHED_STATE,
    });
  });

  it('have the size of the result in its metadata', async () => {
    const { directResults: direct } = await thrift.execute(
      'SELECT * FROM range(500) /* local-warehouse: arrow=2 */',
    );
    const metadata = plainValue(direct?.resultSetMetadata) as Record<string, number>;
    assert.equal(metadata['cacheLookupResult'], types.TCacheLookupResult.CACHE_INELIGIBLE);
    assert.equal(metadata['isStagingOperation'], false);
    const batches = direct?.resultSet?.results?.arrowBatches ?? [];
    assert.equal(
      metadata['compressedBytes'],
      batches.reduce((sum, { batch }) => sum + batch.length, 0),
    );
    assert.ok((metadata['uncompressedBytes'] ?? 0) >= 500 * 8);
    const columnar = await thrift.execute('SELECT 1 AS a /* local-warehouse: columnar */');
    const { resultSetMetadata } = columnar.directResults ?? {};
    assert.equal(plainValue(resultSetMetadata?.compressedBytes), 8);
    assert.equal(plainValue(resultSetMetadata?.uncompressedBytes), 8);
  });

  it('to FetchResults have the metadata that the client asks for', async () => {
    const { operationHandle } = await thrift.execute(
      'SELECT * FROM range(10) /* local-warehouse: direct=off */',
    );
    assert.ok(operationHandle);
    await thrift.rpc.getOperationStatus(new types.TGetOperationStatusReq({ operationHandle }));
    const request = {
      operationHandle,
      orientation: types.TFetchOrientation.FETCH_NEXT,
      maxRows: new Int64(5),
    };
    const without = await thrift.rpc.fetchResults(new types.TFetchResultsReq(request));
    assert.equal(without.resultSetMetadata ?? undefined, undefined);
    const page = await thrift.rpc.fetchResults(
      new types.TFetchResultsReq({ ...request, includeResultSetMetadata: true }),
    );
    assert.deepEqual(
      page.resultSetMetadata?.schema?.columns.map(({ columnName }) => columnName),
      ['id'],
    );
    assert.ok(page.resultSetMetadata?.arrowSchema);
  });

  it('describe the 23 columns of JDBC, and the 10 of tables', async () => {
    const request = { sessionHandle: thrift.session, getDirectResults: directResults() };
    const found = await thrift.rpc.getColumns(new types.TGetColumnsReq(request));
    const schema = found.directResults?.resultSetMetadata?.schema?.columns ?? [];
    assert.equal(schema.length, 23);
    assert.equal(schema.at(-1)?.columnName, 'IS_AUTO_INCREMENT');
    const tables = await thrift.rpc.getTables(new types.TGetTablesReq(request));
    const { resultSetMetadata } = tables.directResults ?? {};
    assert.equal(resultSetMetadata?.schema?.columns.length, 10);
    assert.equal(plainValue(resultSetMetadata?.compressedBytes), undefined);
  });

  describe('to a failed statement', () => {
    const sql = "SELEC 'x',\n  1";
    const message =
      "\n[PARSE_SYNTAX_ERROR] Syntax error at or near 'SELEC'. SQLSTATE: 42601 (line 1, pos 0)\n\n" +
      "== SQL ==\nSELEC 'x',\n^^^\n  1\n";
    const exception = 'org.apache.spark.sql.catalyst.parser.ParseException';

    it('quote the SQL in the operation status, behind an empty line', async () => {
      const { directResults: direct, operationHandle } = await thrift.execute(sql);
      const status = direct?.operationStatus;
      assert.equal(operationHandle?.hasResultSet, true);
      assert.equal(status?.displayMessage, message);
      assert.equal(status?.sqlState, '42601');
      assert.equal(
        status?.errorMessage,
        `org.apache.hive.service.cli.HiveSQLException: Error running query: [PARSE_SYNTAX_ERROR] ${exception}: ${message}`,
      );
    });

    it('name the Java class in the status of the call', async () => {
      connected.warehouse.script('SELEC', {
        error: { at: 'submit', condition: 'C_D', sqlState: '42601' },
      });
      const { status } = await thrift.execute(sql);
      assert.equal(status.statusCode, types.TStatusCode.ERROR_STATUS);
      assert.match(status.errorMessage ?? '', /^Error running query: \[C_D\] org\.apache\.spark\./);
      assert.match(
        status.displayMessage ?? '',
        /^\n\[C_D\] .* \(line 1, pos 0\)\n\n== SQL ==\nSELEC/,
      );
      assert.match(
        status.infoMessages?.[0] ?? '',
        /^\*org\.apache\.hive\.service\.cli\.HiveSQLException:Error running query: /,
      );
    });

    it('give a position or a context, as the kind of the failure has it', async () => {
      const analysis = await thrift.execute('SELECT * FROM missing');
      assert.match(
        analysis.directResults?.operationStatus?.displayMessage ?? '',
        /^\[TABLE_OR_VIEW_NOT_FOUND\] .* SQLSTATE: 42P01; line 1 pos 14$/,
      );
      const runtime = await thrift.execute(
        'SELECT 1 /* local-warehouse: error=execute:DIVIDE_BY_ZERO:22012 */',
      );
      const status = runtime.directResults?.operationStatus;
      assert.match(
        status?.displayMessage ?? '',
        /^\[DIVIDE_BY_ZERO\] .* SQLSTATE: 22012\n== SQL \(line 1, position 1\) ==\nSELECT 1/,
      );
      assert.match(status?.errorMessage ?? '', /SparkArithmeticException/);
    });
  });

  describe('to a handle that is not open', () => {
    it('are errors, also when the server closed the operation by itself', async () => {
      const { operationHandle, directResults: direct } = await thrift.execute('SELECT 1');
      assert.ok(operationHandle && direct?.closeOperation);
      const request = new types.TCloseOperationReq({ operationHandle });
      assertInvalid((await thrift.rpc.closeOperation(request)).status, 'OperationHandle');
      const open = await thrift.execute('SELECT 1 /* local-warehouse: close=off */');
      assert.ok(open.operationHandle);
      const close = new types.TCloseOperationReq({ operationHandle: open.operationHandle });
      const { status } = await thrift.rpc.closeOperation(close);
      assert.equal(status.statusCode, types.TStatusCode.SUCCESS_STATUS);
      assertInvalid((await thrift.rpc.closeOperation(close)).status, 'OperationHandle');
    });

    it('are errors for a closed session', async () => {
      const closed = await thriftClient(connected.client);
      await closed.rpc.closeSession(new types.TCloseSessionReq({ sessionHandle: closed.session }));
      assertInvalid((await closed.execute('SELECT 1')).status, 'SessionHandle');
    });
  });
});
