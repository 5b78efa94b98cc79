import { DBSQLClient } from '@databricks/sql';

const {
  DATABRICKS_SERVER_HOSTNAME: host = '',
  DATABRICKS_HTTP_PATH: path = '',
  DATABRICKS_TOKEN: token = '',
} = process.env;

const client = new DBSQLClient();
await client.connect({ host, path, token });
const session = await client.openSession();

const STATEMENTS = 200;
for (let count = 0; count < STATEMENTS; count += 1) {
  const operation = await session.executeStatement('SELECT 1 AS one');
  await operation.fetchAll();
  await operation.close();
}
console.log(`${STATEMENTS} statements`);

await session.close();
await client.close();
