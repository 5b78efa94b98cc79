import { DBSQLClient } from '@databricks/sql';
import type IDBSQLSession from '@databricks/sql/dist/contracts/IDBSQLSession';
import { LocalWarehouse } from '../../src';
import type { LocalWarehouseOptions } from '../../src';

/** A driver whose log goes nowhere. */
export function quietClient(): DBSQLClient {
  return new DBSQLClient({ logger: { log: () => undefined } });
}

export interface Connected {
  readonly warehouse: LocalWarehouse;
  readonly client: DBSQLClient;
  readonly session: IDBSQLSession;
  /** Closes client and warehouse, whatever state they are in. */
  readonly close: () => Promise<void>;
}

/** A warehouse and the real driver with a session on it. */
export async function connect(options: LocalWarehouseOptions = {}): Promise<Connected> {
  const warehouse = await LocalWarehouse.start(options);
  const client = quietClient();
  await client.connect(warehouse.connectionOptions());
  const session = await client.openSession();
  return {
    warehouse,
    client,
    session,
    close: async () => {
      // What is left to close may be gone already: that is no reason to wait for retries.
      client.getConfig().retryMaxAttempts = 1;
      await client.close().catch(() => undefined);
      await warehouse.stop();
    },
  };
}
