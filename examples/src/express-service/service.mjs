import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { DBSQLClient } from '@databricks/sql';
import express from 'express';

const {
  DATABRICKS_SERVER_HOSTNAME: host = '',
  DATABRICKS_HTTP_PATH: path = '',
  DATABRICKS_TOKEN: token = '',
  PORT: port = '0',
} = process.env;

const client = new DBSQLClient();
await client.connect({ host, path, token });

const service = express();

// One JSON object a line, written while the warehouse is still sending.
service.get('/orders', async (_request, response) => {
  const session = await client.openSession({ initialCatalog: 'main', initialSchema: 'sales' });
  try {
    const operation = await session.executeStatement('SELECT order_id, amount FROM orders');
    const rows = operation.iterateRows({ autoClose: true });
    response.type('application/x-ndjson');
    const lines = async function* () {
      for await (const row of rows) yield `${JSON.stringify(row)}\n`;
    };
    await pipeline(lines, response, { end: false });
  } finally {
    await session.close();
  }
  response.end();
});

const server = service.listen(Number(port));
await once(server, 'listening');
const address = server.address();
console.log(`listening on ${typeof address === 'object' ? address?.port : address}`);

process.once('SIGTERM', () => {
  server.close(() => void client.close());
});
