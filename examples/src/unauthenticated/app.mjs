import { DBSQLClient } from '@databricks/sql';

const { DATABRICKS_SERVER_HOSTNAME: host = '', DATABRICKS_HTTP_PATH: path = '' } = process.env;

const client = new DBSQLClient();
await client.connect({ host, path, token: 'dapi-expired' });
try {
  await client.openSession();
} catch {
  console.log('the workspace refused the token');
}
await client.close();
