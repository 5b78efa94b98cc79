import { DBSQLClient } from '@databricks/sql';

const {
  DATABRICKS_SERVER_HOSTNAME: host = '',
  DATABRICKS_HTTP_PATH: path = '',
  DATABRICKS_TOKEN: token = '',
} = process.env;

const client = new DBSQLClient();
await client.connect({ host, path, token });
const session = await client.openSession();

// Tags of the application stay; the instrumentation appends `traceparent`.
const operation = await session.executeStatement('SELECT 1 AS one', {
  queryTags: { team: 'finance' },
});
console.log(await operation.fetchAll());

await operation.close();
await session.close();
await client.close();
