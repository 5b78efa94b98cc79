import { NodeSDK } from '@opentelemetry/sdk-node';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';

const sdk = new NodeSDK({
  serviceName: 'orders-service',
  traceExporter: new OTLPTraceExporter(),
  instrumentations: [
    new DatabricksSqlInstrumentation({
      queryTags: {
        traceparent: true,
        resource: ['service.name'],
        baggage: ['tenant.id'],
        values: { cost_center: '701' },
        whenRefused: 'send-without',
      },
    }),
  ],
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
