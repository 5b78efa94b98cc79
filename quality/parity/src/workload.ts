import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { DBSQLClient } from '@databricks/sql';
import type { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { Scripted } from './expectation';

export type ConnectionOptions = Parameters<DBSQLClient['connect']>[0];
export type Session = Awaited<ReturnType<DBSQLClient['openSession']>>;

/** What the application of one process has at hand. */
export interface Application {
  /** A client of the event's own. */
  connect(options?: object): Promise<DBSQLClient>;
  /** The client that the events of a process share. */
  readonly shared: DBSQLClient;
  /** Opens a session, of the shared client by default, whose id becomes one of the event's. */
  open(client?: DBSQLClient): Promise<Session>;
}

/** One thing that an application does, in sessions of its own. */
export interface WorkloadEvent {
  readonly name: string;
  /** Done where the warehouse is, before the event; what it returns is removed afterwards. */
  readonly arrange?: (warehouse: LocalWarehouse) => { remove(): void };
  /** What goes wrong, and what else the warehouse cannot know. */
  readonly scripted?: Scripted;
  /** Done where the driver is. Failures that belong to the workload are caught in it. */
  readonly run: (application: Application) => Promise<void>;
}

/** Events of one process, in order. */
export interface Act {
  readonly name: string;
  readonly events: readonly WorkloadEvent[];
}

type Work = (session: Session) => Promise<unknown>;

async function inSession(application: Application, work: Work): Promise<void> {
  const session = await application.open();
  await work(session);
  await session.close();
}

/** What is said of an event's failure is the telemetry's matter. */
async function expectFailure(work: () => Promise<unknown>): Promise<void> {
  const succeeded = await work().then(
    () => true,
    () => false,
  );
  if (succeeded) throw new Error('the event should have failed');
}

async function fetchAll(session: Session, sql: string): Promise<void> {
  const operation = await session.executeStatement(sql, { useCloudFetch: true });
  await operation.fetchAll();
  await operation.close();
}

/** A statement of which everything is fetched. */
function query(name: string, sql: string, hints: string, scripted: Scripted = {}): WorkloadEvent {
  return {
    name,
    scripted,
    run: (application) =>
      inSession(application, (session) => fetchAll(session, hinted(sql, hints))),
  };
}

/** A statement that fails: its operation is closed all the same, as a careful application does. */
function failing(name: string, hints: string, scripted: Scripted): WorkloadEvent {
  return {
    name,
    scripted,
    run: (application) =>
      inSession(application, (session) =>
        expectFailure(async () => {
          const sql = hinted("SELECT * FROM range(100) WHERE name = 'Jane Roe'", hints);
          const operation = await session.executeStatement(sql, { useCloudFetch: true });
          try {
            await operation.fetchAll();
          } finally {
            await operation.close();
          }
        }),
      ),
  };
}

type Opened = Awaited<ReturnType<Session['executeStatement']>>;

function metadata(name: string, call: (session: Session) => Promise<Opened>): WorkloadEvent {
  return {
    name,
    run: (application) =>
      inSession(application, async (session) => {
        const operation = await call(session);
        await operation.fetchAll();
        await operation.close();
      }),
  };
}

function hinted(sql: string, hints: string): string {
  return `${sql} /* local-warehouse: ${hints} */`;
}

const SCHEMA = { catalogName: 'main', schemaName: 'sales' };
const RANGE = 'SELECT * FROM range(20)';
const DBMS_NAME = 17;
const VOLUME_PATH = '/Volumes/main/default/files/parity.csv';

async function stage(session: Session): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'parity-'));
  try {
    const file = path.join(folder, 'file.csv');
    await writeFile(file, 'a,b\n1,2\n');
    const options = { stagingAllowedLocalPath: [folder] };
    await session.executeStatement(`PUT '${file}' INTO '${VOLUME_PATH}' OVERWRITE`, options);
    await session.executeStatement(`GET '${VOLUME_PATH}' TO '${file}'`, options);
    await session.executeStatement(`REMOVE '${VOLUME_PATH}'`, options);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const QUERIES: readonly WorkloadEvent[] = [
  query('small, columnar', RANGE, 'columnar'),
  query('small, inline Arrow', RANGE, 'arrow lz4=off'),
  query('inline Arrow, LZ4, 3 pages', 'SELECT * FROM range(3000)', 'arrow=6 pages=3 lz4'),
  query('columnar, 3 pages', 'SELECT * FROM range(3000)', 'columnar=3 pages=3'),
  query(
    'CloudFetch, 20 files in 4 pages',
    'SELECT * FROM range(2000)',
    'cloudfetch=20 pages=4 lz4=off polls=2 download-delay=10',
    { downloadDelayMs: 10 },
  ),
  query('CloudFetch, LZ4', 'SELECT * FROM range(500)', 'cloudfetch=5 lz4 download-delay=10', {
    downloadDelayMs: 10,
  }),
  {
    name: 'CloudFetch, left after one chunk',
    scripted: { rowsTaken: 100 },
    run: (application) =>
      inSession(application, async (session) => {
        const sql = hinted('SELECT * FROM range(1000)', 'cloudfetch=10 rows-per-chunk=100 lz4=off');
        const operation = await session.executeStatement(sql, { useCloudFetch: true });
        await operation.fetchChunk({ maxRows: 100 });
        await operation.close();
      }),
  },
  query('polled 3 times', RANGE, 'arrow direct=off polls=3 poll-delay=20', { pollDelayMs: 20 }),
  query('no direct results', RANGE, 'arrow direct=off'),
  query('DDL', 'CREATE TABLE parity (id INT)', 'direct=on'),
  {
    name: 'poll answered 503 first',
    arrange: (warehouse) =>
      warehouse.fault({ match: 'GetOperationStatus', status: 503, retryAfter: 1, times: 1 }),
    run: (application) =>
      inSession(application, (session) =>
        fetchAll(session, hinted(RANGE, 'arrow direct=off polls=1')),
      ),
  },
];

const METADATA: readonly WorkloadEvent[] = [
  metadata('getTypeInfo', (session) => session.getTypeInfo()),
  metadata('getCatalogs', (session) => session.getCatalogs()),
  metadata('getSchemas', (session) => session.getSchemas({ catalogName: 'main' })),
  metadata('getTables', (session) => session.getTables(SCHEMA)),
  metadata('getTableTypes', (session) => session.getTableTypes()),
  metadata('getColumns', (session) => session.getColumns({ ...SCHEMA, tableName: 'orders' })),
  metadata('getFunctions', (session) => session.getFunctions({ ...SCHEMA, functionName: '%' })),
  metadata('getPrimaryKeys', (session) =>
    session.getPrimaryKeys({ ...SCHEMA, tableName: 'orders' }),
  ),
  metadata('getCrossReference', (session) =>
    session.getCrossReference({
      parentCatalogName: 'main',
      parentSchemaName: 'sales',
      parentTableName: 'customers',
      foreignCatalogName: 'main',
      foreignSchemaName: 'sales',
      foreignTableName: 'orders',
    }),
  ),
  {
    name: 'getInfo',
    run: (application) => inSession(application, (session) => session.getInfo(DBMS_NAME)),
  },
];

const FAILURES: readonly WorkloadEvent[] = [
  failing('error at submit', 'error=submit:PARSE_SYNTAX_ERROR:42601', {
    failure: 'PARSE_SYNTAX_ERROR',
  }),
  failing('error with direct results', 'error=execute:DIVIDE_BY_ZERO:22012', {
    failure: 'DIVIDE_BY_ZERO',
  }),
  failing('error at poll', 'polls=2 error=poll:TABLE_OR_VIEW_NOT_FOUND:42P01', {
    failure: 'TABLE_OR_VIEW_NOT_FOUND',
  }),
  failing(
    'error at fetch',
    'arrow=2 pages=2 direct=off lz4=off error=fetch@1:INTERNAL_ERROR:XX000',
    { failure: 'INTERNAL_ERROR' },
  ),
  failing('error at download', 'cloudfetch=3 lz4=off error=download@1', {
    failure: '403',
    failedChunk: 1,
  }),
  {
    name: 'failed open',
    scripted: { failure: '500' },
    arrange: (warehouse) => warehouse.fault({ match: 'OpenSession', status: 500, times: 1 }),
    run: (application) => expectFailure(() => application.open()),
  },
  {
    name: 'cancel',
    run: (application) =>
      inSession(application, async (session) => {
        const sql = hinted('SELECT count(*) FROM range(1000000000)', 'polls=forever');
        const operation = await session.executeStatement(sql);
        await operation.cancel();
        await operation.close();
      }),
  },
  {
    name: 'staging: PUT, GET, REMOVE',
    run: (application) => inSession(application, stage),
  },
];

/** A client that nobody closes, beside the shared one that is. */
const NEVER_CLOSED: WorkloadEvent = {
  name: 'never closed',
  run: async (application) => {
    const session = await application.open(await application.connect());
    const operation = await session.executeStatement(hinted(RANGE, 'arrow direct=off polls=1'));
    await operation.fetchAll();
  },
};

const TWO_CLIENTS: WorkloadEvent = {
  name: 'two clients at once',
  scripted: { concurrent: true },
  run: async (application) => {
    const clients = await Promise.all([application.connect(), application.connect()]);
    const sessions = await Promise.all(clients.map((client) => application.open(client)));
    await Promise.all(
      sessions.map((session) => fetchAll(session, hinted(RANGE, 'cloudfetch=4 lz4=off'))),
    );
    await Promise.all(clients.map((client) => client.close()));
  },
};

const REJECTED_CLOSE: WorkloadEvent = {
  name: 'client.close that rejects',
  scripted: { failure: '400' },
  arrange: (warehouse) => warehouse.fault({ match: 'CloseSession', status: 400, times: 1 }),
  run: async (application) => {
    const client = await application.connect();
    const session = await application.open(client);
    await fetchAll(session, hinted(RANGE, 'arrow'));
    await expectFailure(() => client.close());
  },
};

/** Nothing is sent to a workspace whose feature flag is unknown, and only a connection that works can ask for it. */
const CONNECT_THAT_WORKS = query('a connect that works, before one that fails', RANGE, 'columnar');

const FAILED_CONNECT: WorkloadEvent = {
  name: 'failed connect',
  scripted: { failure: 'HiveDriverError' },
  run: (application) =>
    expectFailure(() => application.connect({ useKernel: true, authType: 'custom' })),
};

/**
 * An event that breaks the built-in telemetry of its whole process runs in a process of its own. So does each further
 * event without a session: its process is what its records are known by.
 */
export const ACTS: readonly Act[] = [
  { name: 'one process', events: [...QUERIES, ...METADATA, ...FAILURES] },
  { name: 'a connect that fails', events: [CONNECT_THAT_WORKS, FAILED_CONNECT] },
  { name: 'two clients', events: [TWO_CLIENTS] },
  { name: 'a client that is never closed', events: [NEVER_CLOSED] },
  { name: 'a client whose close rejects', events: [REJECTED_CLOSE] },
];
