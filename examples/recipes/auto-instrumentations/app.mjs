import { DBSQLClient } from '@databricks/sql';

const {
  DATABRICKS_SERVER_HOSTNAME: host = '',
  DATABRICKS_HTTP_PATH: path = '',
  DATABRICKS_TOKEN: token = '',
} = process.env;

const client = new DBSQLClient();
await client.connect({ host, path, token });
const session = await client.openSession({ initialCatalog: 'main', initialSchema: 'sales' });

const operation = await session.executeStatement('SELECT order_id, amount FROM orders LIMIT 10');
const orders = await operation.fetchAll();
console.log(`${orders.length} orders`);

await operation.close();
await session.close();
await client.close();
