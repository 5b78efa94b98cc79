import { NodeSDK } from '@opentelemetry/sdk-node';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';

const sdk = new NodeSDK({
  traceExporter: new OTLPTraceExporter(),
  instrumentations: [
    // Parameters and the server's full messages on spans: for a look, not for production.
    new DatabricksSqlInstrumentation({ enhancedDatabaseReporting: true }),
  ],
});
sdk.start();
process.once('beforeExit', () => {
  sdk.shutdown().catch(console.error);
});
