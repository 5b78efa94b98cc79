import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DBSQLClient } from '@databricks/sql';
import { trace } from '@opentelemetry/api';

const {
  DATABRICKS_SERVER_HOSTNAME: host = '',
  DATABRICKS_HTTP_PATH: path = '',
  DATABRICKS_TOKEN: token = '',
} = process.env;

// A comment such as `/* local-warehouse: polls=2 */` scripts what the local warehouse does; a real one ignores it.
const PROCEDURE = 'CALL refresh_sales(30) /* local-warehouse: rows=1 */';
const CLOUD_FETCH =
  '/* local-warehouse: cloudfetch=20 polls=3 pending-polls=1 lz4 */ SELECT * FROM range(100000)';
const FAILING =
  '/* local-warehouse: polls=1 error=poll:TABLE_OR_VIEW_NOT_FOUND:42P01 */ SELECT * FROM missing';
const ENDLESS = '/* local-warehouse: polls=forever */ SELECT count(*) FROM range(1000000000)';

const folder = await mkdtemp(join(tmpdir(), 'every-call-'));
const file = join(folder, 'data.csv');
await writeFile(file, 'id\n1\n');

/** @param {ReturnType<import('@databricks/sql').DBSQLSession['executeStatement']>} starting */
async function rowsOf(starting) {
  const operation = await starting;
  try {
    return await operation.fetchAll();
  } finally {
    await operation.close();
  }
}

await trace.getTracer('every-call').startActiveSpan('every call', async (span) => {
  const client = new DBSQLClient();
  await client.connect({ host, path, token, userAgentEntry: 'every-call' });
  const session = await client.openSession({ initialCatalog: 'main', initialSchema: 'sales' });

  await rowsOf(
    session.executeStatement('SELECT * FROM orders WHERE amount > :least', {
      namedParameters: { least: 100 },
      queryTags: { team: 'finance' },
    }),
  );
  await rowsOf(session.executeStatement(PROCEDURE));
  await rowsOf(session.executeStatement(CLOUD_FETCH));
  await rowsOf(session.executeStatement(FAILING)).catch(() => undefined);
  const endless = await session.executeStatement(ENDLESS);
  await endless.cancel();
  await endless.close();

  await session.getInfo(17);
  await rowsOf(session.getTypeInfo());
  await rowsOf(session.getCatalogs());
  await rowsOf(session.getSchemas({ catalogName: 'main' }));
  await rowsOf(session.getTables({ catalogName: 'main', schemaName: 'sales' }));
  await rowsOf(session.getTableTypes());
  await rowsOf(
    session.getColumns({ catalogName: 'main', schemaName: 'sales', tableName: 'orders' }),
  );
  await rowsOf(session.getFunctions({ functionName: '%' }));
  await rowsOf(session.getPrimaryKeys({ schemaName: 'sales', tableName: 'orders' }));
  await rowsOf(
    session.getCrossReference({
      parentCatalogName: 'main',
      parentSchemaName: 'sales',
      parentTableName: 'customers',
      foreignCatalogName: 'main',
      foreignSchemaName: 'sales',
      foreignTableName: 'orders',
    }),
  );

  const staging = { stagingAllowedLocalPath: folder };
  const volume = '/Volumes/main/sales/files/data.csv';
  await session.executeStatement(`PUT '${file}' INTO '${volume}' OVERWRITE`, staging);
  await session.executeStatement(`GET '${volume}' TO '${file}.copy'`, staging);
  await session.executeStatement(`REMOVE '${volume}'`, staging);

  await session.close();
  await client.close();
  span.end();
});
await rm(folder, { recursive: true });
console.log('done');
