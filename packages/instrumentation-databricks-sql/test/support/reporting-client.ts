// Run as a process of its own: NODE_EXTRA_CA_CERTS has to be there when Node.js starts.
// Connects with the options in the first argument, under the instrumentation's configuration in the second, runs a
// statement and prints what each `open_session` says of the telemetry of the driver, as JSON.
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { trace } from '@opentelemetry/api';
import { DatabricksSqlInstrumentation } from '../../src';
import type { DatabricksSqlInstrumentationConfig } from '../../src';
import { loadPatchedDriver } from './driver';
import { RecordingOwner } from './telemetry-owner';

async function main([options = '', config = '']: readonly string[]): Promise<void> {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  trace.setGlobalTracerProvider(provider);
  const instrumentation = new DatabricksSqlInstrumentation(
    JSON.parse(config) as DatabricksSqlInstrumentationConfig,
  );
  const owner = process.env['CLAIM'] === undefined ? undefined : new RecordingOwner();
  const { DBSQLClient } = loadPatchedDriver(instrumentation);
  const client = new DBSQLClient({ logger: { log: () => undefined } });
  await client.connect(JSON.parse(options) as Parameters<typeof client.connect>[0]);
  const session = await client.openSession();
  const operation = await session.executeStatement('SELECT 1');
  await operation.fetchAll();
  await operation.close();
  await session.close();
  await client.close();
  owner?.stop();
  const said = exporter
    .getFinishedSpans()
    .filter(({ attributes }) => attributes['databricks.operation'] === 'open_session')
    .map(({ attributes }) => attributes['databricks.driver.telemetry_enabled']);
  process.stdout.write(JSON.stringify(said));
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(String(error.stack));
  process.exitCode = 1;
});
