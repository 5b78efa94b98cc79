import { flush } from './tracing.mjs';
import { DBSQLClient } from '@databricks/sql';

const {
  DATABRICKS_SERVER_HOSTNAME: host = '',
  DATABRICKS_HTTP_PATH: path = '',
  DATABRICKS_TOKEN: token = '',
} = process.env;

// One client for all invocations this process serves.
const client = await new DBSQLClient().connect({ host, path, token });

export async function handler() {
  const session = await client.openSession({ initialCatalog: 'main', initialSchema: 'sales' });
  try {
    const operation = await session.executeStatement('SELECT order_id FROM orders LIMIT 10');
    const orders = await operation.fetchAll();
    await operation.close();
    return { statusCode: 200, body: JSON.stringify({ orders: orders.length }) };
  } finally {
    await session.close();
    await flush();
  }
}
