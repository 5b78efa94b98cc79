import { DBSQLClient } from '@databricks/sql';
import { context, propagation } from '@opentelemetry/api';

const {
  DATABRICKS_SERVER_HOSTNAME: host = '',
  DATABRICKS_HTTP_PATH: path = '',
  DATABRICKS_TOKEN: token = '',
} = process.env;

const client = new DBSQLClient();
await client.connect({ host, path, token });
const session = await client.openSession();

// An HTTP server's instrumentation sets the baggage of a request from its header `baggage`.
const baggage = propagation.createBaggage({ 'tenant.id': { value: 'acme' } });
await context.with(propagation.setBaggage(context.active(), baggage), async () => {
  // Tags of the application stay; the instrumentation appends its own.
  const operation = await session.executeStatement('SELECT 1 AS one', {
    queryTags: { team: 'finance' },
  });
  console.log(await operation.fetchAll());
  await operation.close();
});

await session.close();
await client.close();
