import { DBSQLClient } from '@databricks/sql';

const {
  DATABRICKS_SERVER_HOSTNAME: host = '',
  DATABRICKS_HTTP_PATH: path = '',
  DATABRICKS_TOKEN: token = '',
} = process.env;

/**
 * Opens a session with `credential` and closes it again.
 *
 * @param {string} credential
 */
async function visit(credential) {
  const client = new DBSQLClient();
  await client.connect({ host, path, token: credential });
  try {
    const session = await client.openSession();
    await session.close();
  } catch {
    console.log('the workspace refused the token');
  }
  await client.close();
}

// The first visit finds out that the workspace accepts telemetry.
await visit(token);
await visit('dapi-expired');
