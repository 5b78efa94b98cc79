// Run as a process of its own, as reporting-client: NODE_EXTRA_CA_CERTS has to be there when Node.js starts.
// Connects with the options in the first argument in every row of the table of who reports, and prints for each what the
// driver's telemetry was and what a consumer of the channel got, as JSON.
import { trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { DatabricksSqlInstrumentation } from '../../src';
import type { DatabricksSqlInstrumentationConfig } from '../../src';
import { loadPatchedDriver } from './driver';
import { RecordingOwner } from './telemetry-owner';

export interface ReportingRow {
  readonly hasConsumer: boolean;
  readonly mode: NonNullable<DatabricksSqlInstrumentationConfig['driverTelemetry']>;
  /** `null`: not given. */
  readonly telemetryEnabled: boolean | null;
}

export interface ReportedRow extends ReportingRow {
  readonly sessionId: string;
  /** `databricks.driver.telemetry_enabled` of `open_session`. */
  readonly isDriverLive: unknown;
  /** Operations that the consumer got, apart from those of a connection that opted out. */
  readonly taken: number;
  readonly optedOut: number;
}

const ROWS: readonly ReportingRow[] = [false, true].flatMap((hasConsumer) =>
  (['auto', 'keep', 'replace', 'gateway'] as const).flatMap((mode) =>
    [null, true, false].map((telemetryEnabled) => ({ hasConsumer, mode, telemetryEnabled })),
  ),
);

async function main([options = '']: readonly string[]): Promise<void> {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  const instrumentation = new DatabricksSqlInstrumentation();
  const { DBSQLClient } = loadPatchedDriver(instrumentation);
  const reported: ReportedRow[] = [];
  for (const row of ROWS) {
    exporter.reset();
    instrumentation.setConfig({ driverTelemetry: row.mode });
    const owner = row.hasConsumer ? new RecordingOwner() : undefined;
    const client = new DBSQLClient({ logger: { log: () => undefined } });
    await client.connect({
      ...(JSON.parse(options) as Parameters<typeof client.connect>[0]),
      ...(row.telemetryEnabled === null ? {} : { telemetryEnabled: row.telemetryEnabled }),
    });
    const session = await client.openSession();
    const operation = await session.executeStatement('SELECT 1');
    await operation.fetchAll();
    await operation.close();
    await session.close();
    await client.close();
    owner?.stop();
    const open = exporter
      .getFinishedSpans()
      .find(({ attributes }) => attributes['databricks.operation'] === 'open_session');
    const operations = owner?.operations ?? [];
    const optedOut = operations.filter(({ connection }) => connection.isOptedOut).length;
    reported.push({
      ...row,
      sessionId: session.id,
      isDriverLive: open?.attributes['databricks.driver.telemetry_enabled'],
      taken: operations.length - optedOut,
      optedOut,
    });
  }
  process.stdout.write(JSON.stringify(reported));
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(String(error.stack));
  process.exitCode = 1;
});
