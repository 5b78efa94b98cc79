const driver = require('@databricks/sql');
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http');
const { DatabricksSqlInstrumentation } = require('@dbsql-otel/instrumentation-databricks-sql');

const databricks = new DatabricksSqlInstrumentation();
const sdk = new NodeSDK({
  traceExporter: new OTLPTraceExporter(),
  instrumentations: [databricks],
});
sdk.start();
// The driver was loaded before the instrumentation, or a bundler swallowed both: hand it over.
databricks.patch(driver);

async function main() {
  const {
    DATABRICKS_SERVER_HOSTNAME: host = '',
    DATABRICKS_HTTP_PATH: path = '',
    DATABRICKS_TOKEN: token = '',
  } = process.env;

  const client = new driver.DBSQLClient();
  await client.connect({ host, path, token });
  const session = await client.openSession({ initialCatalog: 'main', initialSchema: 'sales' });
  const operation = await session.executeStatement('SELECT order_id, amount FROM orders LIMIT 10');
  const orders = await operation.fetchAll();
  console.log(`${orders.length} orders`);
  await operation.close();
  await session.close();
  await client.close();
  await sdk.shutdown().catch(console.error);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
