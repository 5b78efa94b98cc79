import type * as Driver from '@databricks/sql';
import type { WarehouseConnectionOptions } from '@dbsql-otel/local-warehouse';

const STATEMENTS_PER_CONNECTION = 40;
const CONNECTIONS = 8;
const ABANDONED_SHARE = 0.1;
const FAILING_SHARE = 0.05;
/** Clients that are never closed, for the garbage collector to find. */
const LOST_CLIENTS_SHARE = 0.02;

/** What the load came to so far. */
export interface Load {
  statements: number;
  abandoned: number;
  failed: number;
  connections: number;
}

/** Connections that open, run statements and close, several at a time, until `isOver`. */
export async function load(
  driver: typeof Driver,
  connection: WarehouseConnectionOptions,
  isOver: () => boolean,
  progress: Load,
): Promise<void> {
  const worker = async (): Promise<void> => {
    while (!isOver()) await connectOnce(driver, connection, progress);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

async function connectOnce(
  driver: typeof Driver,
  connection: WarehouseConnectionOptions,
  progress: Load,
): Promise<void> {
  const client = new driver.DBSQLClient({ logger: { log: () => undefined } });
  await client.connect(connection);
  const session = await client.openSession();
  progress.connections += 1;
  for (let index = 0; index < STATEMENTS_PER_CONNECTION; index += 1) {
    const isFailing = Math.random() < FAILING_SHARE;
    const isAbandoned = !isFailing && Math.random() < ABANDONED_SHARE;
    const hint = isFailing ? 'error=execute:DIVIDE_BY_ZERO:22012' : 'close=off';
    progress.statements += 1;
    try {
      const operation = await session.executeStatement(
        `/* local-warehouse: ${hint} */ SELECT ${progress.statements} AS n`,
      );
      if (isAbandoned) {
        progress.abandoned += 1;
      } else {
        await operation.fetchAll();
        await operation.close();
      }
    } catch {
      progress.failed += 1;
    }
  }
  if (Math.random() < LOST_CLIENTS_SHARE) return;
  await session.close();
  await client.close();
}
