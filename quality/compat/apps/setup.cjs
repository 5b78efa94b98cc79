'use strict';

const path = require('node:path');
const { start } = require('./pipeline.cjs');

const INSTRUMENTATION = '@dbsql-otel/instrumentation-databricks-sql';

start(
  {
    instrumentation: require('@dbsql-otel/instrumentation-databricks-sql'),
    exporter: require('@dbsql-otel/exporter-databricks-telemetry'),
    sdkNode: require('@opentelemetry/sdk-node'),
    traceSdk: require('./trace-sdk.cjs'),
    otlp: require('@opentelemetry/exporter-trace-otlp-http'),
    http: require('@opentelemetry/instrumentation-http'),
    undici: require('@opentelemetry/instrumentation-undici'),
  },
  require(path.join(__dirname, '..', 'second-copy', 'node_modules', INSTRUMENTATION)),
);
