import { createRequire } from 'node:module';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { afterAll, expect, test } from 'vitest';

const {
  DATABRICKS_SERVER_HOSTNAME: host = '',
  DATABRICKS_HTTP_PATH: path = '',
  DATABRICKS_TOKEN: token = '',
} = process.env;

// The runner loads modules by itself, so the driver is handed over.
const driver = createRequire(import.meta.url)('@databricks/sql');
const spans = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const databricks = new DatabricksSqlInstrumentation();
databricks.setTracerProvider(provider);
databricks.patch(driver);

afterAll(() => provider.shutdown());

test('a statement is one span', async () => {
  const client = new driver.DBSQLClient();
  await client.connect({ host, path, token });
  const session = await client.openSession({ initialCatalog: 'main', initialSchema: 'sales' });
  const operation = await session.executeStatement('SELECT order_id, amount FROM orders LIMIT 10');
  await operation.fetchAll();
  await operation.close();
  await session.close();
  await client.close();
  const names = spans.getFinishedSpans().map(({ name }) => name);
  expect(names.filter((name) => name === 'SELECT orders')).toHaveLength(1);
});
