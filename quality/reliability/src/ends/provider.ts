/**
 * An application whose auth provider fails at the end. The arguments: `bare` or `traced`, the connection options of a
 * warehouse as JSON, and a {@link ProviderEnd} as JSON. Prints how often the provider was asked, when the process ends.
 */
import { createServer } from 'node:net';
import type * as Driver from '@databricks/sql';
import { Pipeline } from '../pipeline';

export interface ProviderEnd {
  /** What the provider does once the application is done; `hangs` keeps a server open for ever. */
  readonly provider: 'hangs' | 'rejects' | 'throws';
  /** How the application ends its work before it shuts the SDK down. */
  readonly client: 'closed' | 'open' | 'broken';
}

const [, , kind = 'bare', connection = '{}', story = '{}'] = process.argv;
const { provider, client: end } = JSON.parse(story) as ProviderEnd;
const pipeline = kind === 'traced' ? new Pipeline() : undefined;
const { DBSQLClient } = require('@databricks/sql') as typeof Driver;
const options = JSON.parse(connection) as Parameters<Driver.DBSQLClient['connect']>[0] & {
  readonly token: string;
};

let calls = 0;
let isOver = false;
const authentication = {
  authenticate(): Promise<{ Authorization: string }> {
    calls += 1;
    if (!isOver) return Promise.resolve({ Authorization: `Bearer ${options.token}` });
    if (provider === 'throws') throw new Error('logged out');
    if (provider === 'rejects') return Promise.reject(new Error('logged out'));
    createServer().listen(0, '127.0.0.1');
    return new Promise(() => undefined);
  },
};
process.once('exit', () => {
  console.log(JSON.stringify({ calls }));
});

async function main(): Promise<void> {
  const client = new DBSQLClient({ logger: { log: () => undefined } });
  await client.connect(options, authentication);
  const session = await client.openSession();
  const operation = await session.executeStatement('SELECT 1');
  await operation.fetchAll();
  await operation.close();
  if (end !== 'broken') await session.close();
  isOver = true;
  // A call of the driver that hangs holds the process itself.
  if (end === 'broken' && provider !== 'hangs') await session.close().catch(() => undefined);
  if (end === 'closed') await client.close();
  await pipeline?.sdk.shutdown();
}

void main();
