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
process.once('beforeExit', () => {
  sdk.shutdown().catch(console.error);
});
