import { NodeSDK } from '@opentelemetry/sdk-node';
import { SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { ConsoleWaterfallExporter } from '@dbsql-otel/instrumentation-databricks-sql/console';

const sdk = new NodeSDK({
  instrumentations: [new DatabricksSqlInstrumentation()],
  spanProcessors: [new SimpleSpanProcessor(new ConsoleWaterfallExporter())],
  // Without these, NodeSDK sends metrics to a backend on this machine and waits for it when the process ends.
  metricReaders: [],
  logRecordProcessors: [],
});
sdk.start();

// What is queued leaves before the process ends. An application that handles the signals ends by itself.
const shutdown = () => sdk.shutdown().catch(console.error);
process.once('beforeExit', () => void shutdown());
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    if (process.listenerCount(signal) > 0) return;
    void shutdown().then(() => process.kill(process.pid, signal));
  });
}
