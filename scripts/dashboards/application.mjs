// An application on a local warehouse that does what the dashboards show, until its parent disconnects.
// Argument: the URL that takes its metrics as OTLP.
import { createRequire } from 'node:module';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
} from '@dbsql-otel/exporter-databricks-telemetry';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';

const EXPORT_INTERVAL_MS = 1_000;
const STATEMENTS = [
  'SELECT 1',
  'SELECT * FROM range(300) /* local-warehouse: cloudfetch=3 */',
  'SELECT 2 /* local-warehouse: pending-polls=1 polls=2 */',
  'SELECT * FROM nowhere',
  'SELECT 3 /* local-warehouse: polls=1 error=poll:TEMPORARILY_UNAVAILABLE:XX000 */',
];

const [, , url] = process.argv;
const sdk = new NodeSDK({
  serviceName: 'dashboards',
  instrumentations: [new DatabricksSqlInstrumentation()],
  // Room for two records: some are dropped, which the dashboards show.
  spanProcessors: [
    new DatabricksTelemetrySpanProcessor(
      new DatabricksTelemetryExporter({ allowPrivateHosts: true }),
      {
        maxQueueSize: 2,
      },
    ),
  ],
  metricReaders: [
    new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({ url }),
      exportIntervalMillis: EXPORT_INTERVAL_MS,
    }),
  ],
});
sdk.start();

const { DBSQLClient } = createRequire(import.meta.url)('@databricks/sql');
// Without a listener the channel to the parent is not read, and its end not seen.
process.on('disconnect', () => {});
const warehouse = await LocalWarehouse.start();

async function connect() {
  const client = new DBSQLClient({ logger: { log: () => {} } });
  await client.connect(warehouse.connectionOptions());
  return client;
}

/** Closes a client over an open session with an open statement. */
async function leak() {
  const client = await connect();
  const session = await client.openSession();
  await session.executeStatement('SELECT 1', { runAsync: true });
  await client.close();
}

const client = await connect();
const session = await client.openSession();
while (process.connected) {
  await leak();
  for (const sql of STATEMENTS) {
    try {
      const operation = await session.executeStatement(sql);
      await operation.fetchAll();
      await operation.close();
    } catch {
      // Failures are part of what is shown.
    }
  }
}
await session.close();
await client.close();
await sdk.shutdown();
await warehouse.stop();
