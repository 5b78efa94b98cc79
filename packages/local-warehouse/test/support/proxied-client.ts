// Run as a process of its own: NODE_EXTRA_CA_CERTS has to be there when Node.js starts.
// Connects with the options in its argument and prints the number of rows that the SQL of the second one gives.
import { quietClient } from './driver';
import type { OAuthConnectionOptions, ProxiedConnectionOptions } from '../../src';

async function main([options = '', sql = '']: readonly string[]): Promise<void> {
  const client = quietClient();
  await client.connect(JSON.parse(options) as OAuthConnectionOptions | ProxiedConnectionOptions);
  const session = await client.openSession();
  const operation = await session.executeStatement(sql);
  const rows = await operation.fetchAll();
  await operation.close();
  await session.close();
  await client.close();
  process.stdout.write(String(rows.length));
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(error.message);
  process.exitCode = 1;
});
