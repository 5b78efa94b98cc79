/**
 * An application that ends in the way its first argument names, after statements on the warehouse whose connection
 * options the second one gives as JSON. The third says whether it is `traced` or `bare`.
 */
import { fork } from 'node:child_process';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import type * as Driver from '@databricks/sql';
import { Pipeline } from '../pipeline';

export const ENDS = [
  'sdk.shutdown',
  'SIGTERM handler',
  'natural drain',
  'process.exit',
  'uncaught exception',
  'unhandled rejection',
  'fork',
  'worker thread',
] as const;
export type End = (typeof ENDS)[number];

/** What `uncaught exception` throws. */
export const UNCAUGHT = 'the application failed by itself';

interface Given {
  readonly end: End;
  readonly connection: string;
  readonly kind: string;
}

function given(): Given {
  if (!isMainThread) return workerData as Given;
  const [, , end = 'natural drain', connection = '{}', kind = 'bare'] = process.argv;
  return { end: end as End, connection, kind };
}

const { end, connection, kind } = given();
const pipeline =
  kind === 'traced'
    ? new Pipeline({
        exporter: { requestTimeoutMs: 60_000 },
        // Longer than the default, so that a machine that stalls still delivers everything.
        processor: { shutdownTimeoutMs: 5_000 },
      })
    : undefined;
// The driver is loaded after the SDK was started, as an application does with --require or --import.
const { DBSQLClient } = require('@databricks/sql') as typeof Driver;

async function query(): Promise<void> {
  const client = new DBSQLClient({ logger: { log: () => undefined } });
  await client.connect(JSON.parse(connection) as Parameters<typeof client.connect>[0]);
  const session = await client.openSession();
  for (const sql of ['SELECT 1', '/* local-warehouse: cloudfetch=2 */ SELECT * FROM range(200)']) {
    const operation = await session.executeStatement(sql);
    await operation.fetchAll();
    await operation.close();
  }
  await session.close();
  await client.close();
}

/** Waits for the child's or the thread's own end. */
function ended(child: {
  once(event: 'exit', listener: (code: number | null) => void): unknown;
}): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('exit', resolve);
  });
}

async function finish(): Promise<void> {
  switch (end) {
    case 'sdk.shutdown':
      await pipeline?.sdk.shutdown();
      return;
    case 'SIGTERM handler':
      process.once('SIGTERM', () => {
        const shutdown = pipeline?.sdk.shutdown() ?? Promise.resolve();
        shutdown.then(
          () => process.exit(0),
          () => process.exit(1),
        );
      });
      // A server lives until it is told to end.
      setInterval(() => undefined, 1_000);
      process.kill(process.pid, 'SIGTERM');
      return;
    case 'process.exit':
      process.exit(7);
      return;
    case 'uncaught exception':
      setImmediate(() => {
        throw new Error(UNCAUGHT);
      });
      return;
    case 'unhandled rejection':
      void Promise.reject(new Error(UNCAUGHT));
      return;
    case 'fork':
      process.exitCode =
        (await ended(fork(__filename, ['sdk.shutdown', connection, kind]))) ?? undefined;
      await pipeline?.sdk.shutdown();
      return;
    case 'worker thread': {
      const data: Given = { end: 'sdk.shutdown', connection, kind };
      process.exitCode = (await ended(new Worker(__filename, { workerData: data }))) ?? undefined;
      await pipeline?.sdk.shutdown();
      return;
    }
    default:
  }
}

query()
  .then(finish)
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
