const { writeFileSync } = require('node:fs');
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const { DatabricksSqlInstrumentation } = require('@dbsql-otel/instrumentation-databricks-sql');
const {
  ConsoleWaterfallExporter,
  toSvg,
} = require('@dbsql-otel/instrumentation-databricks-sql/console');

const finished = new InMemorySpanExporter();
const sdk = new NodeSDK({
  instrumentations: [new DatabricksSqlInstrumentation()],
  spanProcessors: [
    new SimpleSpanProcessor(new ConsoleWaterfallExporter()),
    new SimpleSpanProcessor(finished),
  ],
});
sdk.start();
process.once('beforeExit', () => {
  // The same as a picture; toHtml makes a page of it.
  const { TRACE_PICTURE: file } = process.env;
  if (file) writeFileSync(file, toSvg(finished.getFinishedSpans()));
  sdk.shutdown().catch(console.error);
});
