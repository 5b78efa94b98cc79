import { DBSQLClient } from '@databricks/sql';
import { trace } from '@opentelemetry/api';

const {
  DATABRICKS_SERVER_HOSTNAME: host = '',
  DATABRICKS_HTTP_PATH: path = '',
  DATABRICKS_TOKEN: token = '',
} = process.env;

await trace.getTracer('report').startActiveSpan('monthly report', async (report) => {
  const client = new DBSQLClient();
  await client.connect({ host, path, token });
  const session = await client.openSession({ initialCatalog: 'main', initialSchema: 'sales' });

  /** @param {string} sql */
  const query = async (sql) => {
    const operation = await session.executeStatement(sql);
    try {
      return await operation.fetchAll();
    } finally {
      await operation.close();
    }
  };

  // The comments script what the local warehouse does; a real one ignores them.
  const regions = await query(
    "/* local-warehouse: polls=3 */ SELECT * FROM orders_by_region WHERE region <> 'none'",
  );
  const rows = await query(
    '/* local-warehouse: cloudfetch=20 polls=2 lz4 */ SELECT * FROM range(200000)',
  );
  const missing = await query('SELECT * FROM returns').catch(() => 'no returns');
  console.log(regions.length, 'regions,', rows.length, 'rows,', missing);

  await session.close();
  await client.close();
  report.end();
});
