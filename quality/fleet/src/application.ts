/**
 * One process of the fleet, with the real driver. It sends its spans to the Collector, and prints the records that the same
 * spans make in the process, one JSON text per line.
 */
import type * as Driver from '@databricks/sql';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
} from '@dbsql-otel/exporter-databricks-telemetry';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { SYMBOL_DATABRICKS_PUBLISHED } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  detectResources,
  hostDetector,
  osDetector,
  processDetector,
} from '@opentelemetry/resources';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { setTimeout as wait } from 'node:timers/promises';
import { random } from './random';

/** What a process of the fleet is given. */
export interface Task {
  readonly seed: number;
  readonly url: string;
  readonly connection: object;
}

type Session = Awaited<ReturnType<InstanceType<typeof Driver.DBSQLClient>['openSession']>>;

const PUBLISHED = Symbol.for(SYMBOL_DATABRICKS_PUBLISHED);
const RETRY_MS = 200;
const MAX_TRIES = 600;

/** Sends until the Collector takes them: what an application does while there is no Collector is not in question here. */
async function send(exporter: OTLPTraceExporter, spans: ReadableSpan[]): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const code = await new Promise<number>((resolve) => {
      exporter.export(spans, (result) => resolve(result.code));
    });
    if (code === 0) return;
    await wait(RETRY_MS);
  }
  throw new Error('the Collector did not take the spans');
}

async function statement(session: Session, choice: number): Promise<void> {
  if (choice < 0.5) {
    const operation = await session.executeStatement(`SELECT ${Math.floor(choice * 100)}`);
    await operation.fetchAll();
    await operation.close();
  } else if (choice < 0.65) {
    const operation = await session.getTables({ schemaName: 'sales' });
    await operation.fetchAll();
    await operation.close();
  } else if (choice < 0.8) {
    const operation = await session.executeStatement('SELECT * FROM no_such_table');
    await operation.fetchAll();
  } else if (choice < 0.9) {
    const operation = await session.executeStatement('SELECT * FROM range(150000)');
    await operation.fetchAll();
    await operation.close();
  } else {
    const operation = await session.executeStatement('SELECT 1');
    await operation.cancel();
  }
}

async function work(task: Task, batch: () => Promise<void>): Promise<void> {
  const { DBSQLClient } = require('@databricks/sql') as typeof Driver;
  const next = random(task.seed);
  const client = new DBSQLClient({ logger: { log: () => undefined } });
  await client.connect(task.connection as Parameters<typeof client.connect>[0]);
  for (let sessions = 1 + Math.floor(next() * 2); sessions > 0; sessions -= 1) {
    const session = await client.openSession();
    for (let statements = 2 + Math.floor(next() * 5); statements > 0; statements -= 1) {
      // Failures are a part of the workload.
      await statement(session, next()).catch(() => undefined);
      if (next() < 0.3) await batch();
    }
    await session.close();
  }
  await client.close();
}

async function main(task: Task): Promise<void> {
  const instrumentation = new DatabricksSqlInstrumentation({ driverTelemetry: 'gateway' });
  const reference = new DatabricksTelemetrySpanProcessor(
    new DatabricksTelemetryExporter({
      access: instrumentation.access,
      allowPrivateHosts: true,
      dryRun: ({ body }) => {
        const { protoLogs } = JSON.parse(body) as { readonly protoLogs: readonly string[] };
        for (const log of protoLogs) process.stdout.write(`${log}\n`);
      },
    }),
  );
  let spans: ReadableSpan[] = [];
  const provider = new BasicTracerProvider({
    resource: detectResources({ detectors: [processDetector, osDetector, hostDetector] }),
    spanProcessors: [
      {
        onStart: () => undefined,
        onEnd: (span) => {
          spans.push(span);
          // The reference listens on the channel, so the instrumentation marks the spans, which it would ignore.
          reference.onEnd(Object.create(span, { [PUBLISHED]: { value: false } }) as ReadableSpan);
        },
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  });
  instrumentation.setTracerProvider(provider);
  const exporter = new OTLPTraceExporter({ url: task.url, timeoutMillis: 5_000 });
  await work(task, () => {
    const batch = spans;
    spans = [];
    return batch.length === 0 ? Promise.resolve() : send(exporter, batch);
  });
  if (spans.length > 0) await send(exporter, spans);
  await reference.forceFlush();
  await reference.shutdown();
}

main(JSON.parse(process.argv[2] ?? '') as Task).catch((error: unknown) => {
  process.stderr.write(error instanceof Error ? String(error.stack) : 'failed');
  process.exitCode = 1;
});
