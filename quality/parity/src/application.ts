/**
 * The application of one act, in a process of its own: the built-in telemetry trusts the warehouse only by
 * `NODE_EXTRA_CA_CERTS`, which is read when Node.js starts.
 */
import { once } from 'node:events';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
} from '@dbsql-otel/exporter-databricks-telemetry';
import type { ProcessorStats } from '@dbsql-otel/exporter-databricks-telemetry';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import type * as Driver from '@databricks/sql';
import type { Message, Reporter, Task } from './protocol';
import { ACTS } from './workload';
import type { Application, Session } from './workload';

/** The driver waits a second at least by default. */
const RETRY_DELAY_MS = 20;

/** Longer than the default, so that a machine that stalls still delivers everything. */
const SHUTDOWN_TIMEOUT_MS = 20_000;

interface Reporting {
  /** Delivers what the events so far have left. */
  flush(): Promise<void>;
  /** Shuts down as an application's exit does. */
  finish(): Promise<ProcessorStats | undefined>;
}

/** Sets the packages of this project up, unless only the driver reports. */
function report(reporter: Reporter): Reporting {
  if (reporter === 'theirs') {
    return { flush: () => Promise.resolve(), finish: () => Promise.resolve(undefined) };
  }
  const databricks = new DatabricksSqlInstrumentation({
    driverTelemetry: reporter === 'ours' ? 'replace' : 'keep',
  });
  const processor = new DatabricksTelemetrySpanProcessor(
    new DatabricksTelemetryExporter({ access: databricks.access }),
    { shutdownTimeoutMs: SHUTDOWN_TIMEOUT_MS },
  );
  const provider = new BasicTracerProvider({ spanProcessors: [processor] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  registerInstrumentations({ instrumentations: [databricks] });
  return {
    flush: () => provider.forceFlush(),
    finish: async () => {
      await provider.shutdown();
      return processor.stats();
    },
  };
}

async function tell(message: Message): Promise<void> {
  const answered = once(process, 'message');
  process.send?.(message);
  await answered;
}

async function main({ act, reporter, connection }: Task): Promise<void> {
  const reporting = report(reporter);
  const { DBSQLClient } = require('@databricks/sql') as typeof Driver;
  const connect: Application['connect'] = async (options) => {
    const client = new DBSQLClient({ logger: { log: () => undefined } });
    await client.connect({ ...connection, retryDelayMin: RETRY_DELAY_MS, ...options });
    return client;
  };
  const shared = await connect();
  for (const event of ACTS.find(({ name }) => name === act)?.events ?? []) {
    await tell({ type: 'begin', event: event.name });
    const sessionIds: string[] = [];
    const open = async (client = shared): Promise<Session> => {
      const session = await client.openSession();
      sessionIds.push(session.id);
      return session;
    };
    await event.run({ connect, shared, open });
    await reporting.flush();
    await tell({ type: 'end', event: event.name, sessionIds });
  }
  await shared.close();
  process.send?.({ type: 'done', stats: await reporting.finish() } satisfies Message);
  process.disconnect();
}

main(JSON.parse(process.argv[2] ?? '') as Task).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
