import { NodeSDK } from '@opentelemetry/sdk-node';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';

const AGENT = ['gen_ai.agent.name', 'gen_ai.tool.name', 'gen_ai.conversation.id'];

const sdk = new NodeSDK({
  serviceName: 'orders-mcp',
  traceExporter: new OTLPTraceExporter(),
  instrumentations: [
    new DatabricksSqlInstrumentation({
      inheritedAttributes: AGENT,
      queryTags: { resource: ['service.name'], baggage: AGENT, whenRefused: 'send-without' },
    }),
  ],
});
sdk.start();
process.once('beforeExit', () => {
  sdk.shutdown().catch(console.error);
});
