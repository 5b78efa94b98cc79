// The source of the bundle: hooks do not see what is inside one, so the driver is handed over.
'use strict';

const api = require('@opentelemetry/api');
const { DBSQLClient } = require('@databricks/sql');
const driver = require('@databricks/sql');
const { start, started } = require('./pipeline.cjs');
const { tell } = require('./story.cjs');

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
  require('../second-copy/node_modules/@dbsql-otel/instrumentation-databricks-sql'),
);
started().databricks.patch(driver);
void tell(api, DBSQLClient).then((outcome) => started().finish(outcome));
