// Run as a process of its own: NODE_EXTRA_CA_CERTS has to be there when Node.js starts.
import { quietClient } from './driver';
import type { ProxiedConnectionOptions } from '../../src';

async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? '') as ProxiedConnectionOptions;
  const client = quietClient();
  await client.connect(options);
  const session = await client.openSession();
  const operation = await session.executeStatement(
    'SELECT * FROM range(1000) /* local-warehouse: cloudfetch=20 */',
  );
  const rows = await operation.fetchAll();
  await operation.close();
  await session.close();
  await client.close();
  process.stdout.write(String(rows.length));
}

void main();
