/** The real driver on an in-process answer instead of a server: what is left is its own processor time. */
import type { DBSQLClient } from '@databricks/sql';
import {
  TOperationState,
  TOperationType,
  TProtocolVersion,
  TSparkRowSetType,
  TStatusCode,
  TTypeId,
} from '@databricks/sql/thrift/TCLIService_types';
import type IDBSQLSession from '@databricks/sql/dist/contracts/IDBSQLSession';
import { randomUUID } from 'node:crypto';

export type DriverModule = typeof import('@databricks/sql');

const DRIVER_FILE = /[\\/]@databricks[\\/]sql[\\/]/;

/** A copy of the driver with classes of its own: one is patched, the other is what it is compared with. */
export function freshDriver(): DriverModule {
  for (const file of Object.keys(require.cache)) {
    if (DRIVER_FILE.test(file)) {
      // The module cache is the one way to get a second copy.
      Reflect.deleteProperty(require.cache, file);
    }
  }
  return require('@databricks/sql') as DriverModule;
}

/** Shape of the answers. */
export interface Answers {
  /** Result pages; 0 means that the one page comes with the answer to `ExecuteStatement`, which also closes. */
  readonly pages: number;
  readonly rowsPerPage: number;
}

type Done = (error: null, response: unknown) => void;
type Call = (request: { operationHandle?: { operationId: { guid: Buffer } } }, done: Done) => void;

const OK = { statusCode: TStatusCode.SUCCESS_STATUS };

function handle(): { operationId: { guid: Buffer; secret: Buffer } } {
  const guid = Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
  return { operationId: { guid, secret: guid } };
}

function page(rows: number, hasMoreRows: boolean): object {
  return {
    status: OK,
    hasMoreRows,
    results: {
      startRowOffset: 0,
      rows: [],
      columns: [
        {
          i32Val: { values: Array.from({ length: rows }, (_, row) => row), nulls: Buffer.alloc(1) },
        },
      ],
    },
  };
}

const METADATA = {
  status: OK,
  resultFormat: TSparkRowSetType.COLUMN_BASED_SET,
  schema: {
    columns: [
      {
        columnName: 'id',
        position: 1,
        typeDesc: { types: [{ primitiveEntry: { type: TTypeId.INT_TYPE } }] },
      },
    ],
  },
};
const FINISHED = { status: OK, operationState: TOperationState.FINISHED_STATE, hasResultSet: true };

/** Answers the driver's calls at once. */
function thriftAnswers({ pages, rowsPerPage }: Answers): Record<string, Call> {
  const left = new Map<string, number>();
  const keyOf = (request: Parameters<Call>[0]): string =>
    request.operationHandle?.operationId.guid.toString('latin1') ?? '';
  return {
    OpenSession: (_request, done) => {
      done(null, {
        status: OK,
        serverProtocolVersion: TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V8,
        sessionHandle: { sessionId: handle().operationId },
      });
    },
    CloseSession: (_request, done) => {
      done(null, { status: OK });
    },
    ExecuteStatement: (_request, done) => {
      const operationHandle = {
        ...handle(),
        operationType: TOperationType.EXECUTE_STATEMENT,
        hasResultSet: true,
      };
      if (pages > 0) left.set(operationHandle.operationId.guid.toString('latin1'), pages);
      done(null, {
        status: OK,
        operationHandle,
        directResults: {
          operationStatus: FINISHED,
          resultSetMetadata: METADATA,
          ...(pages === 0
            ? { resultSet: page(rowsPerPage, false), closeOperation: { status: OK } }
            : {}),
        },
      });
    },
    FetchResults: (request, done) => {
      const key = keyOf(request);
      const count = left.get(key) ?? 0;
      left.set(key, count - 1);
      done(null, count > 0 ? page(rowsPerPage, true) : page(0, false));
    },
    CloseOperation: (request, done) => {
      left.delete(keyOf(request));
      done(null, { status: OK });
    },
  };
}

/** A session of a client that never opens a socket. */
export async function openSession(driver: DriverModule, answers: Answers): Promise<IDBSQLSession> {
  const client: DBSQLClient = new driver.DBSQLClient({
    logger: { log: () => {} },
  });
  const thrift = thriftAnswers(answers);
  Object.assign(client, { getClient: () => Promise.resolve(thrift) });
  await client.connect({
    host: 'workspace.cloud.databricks.com',
    path: '/sql/1.0/warehouses/0123456789abcdef',
    token: 'token',
    telemetryEnabled: false,
  });
  return client.openSession({ initialCatalog: 'main', initialSchema: 'sales' });
}

/** One statement as an application runs it. Resolves with the number of rows. */
export async function query(session: IDBSQLSession, sql: string): Promise<number> {
  const operation = await session.executeStatement(sql);
  const rows = await operation.fetchAll();
  await operation.close();
  return rows.length;
}

/** Statements under way at a time: the driver waits a timer's turn per fetch, which this shares. */
const CONCURRENCY = 50;

/** Runs `count` statements, fifty at a time. */
export async function queries(session: IDBSQLSession, sql: string, count: number): Promise<void> {
  for (let done = 0; done < count; done += CONCURRENCY) {
    await Promise.all(
      Array.from({ length: Math.min(CONCURRENCY, count - done) }, () => query(session, sql)),
    );
  }
}
