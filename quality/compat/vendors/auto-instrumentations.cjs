'use strict';

const settings = require('./settings.cjs');

Object.assign(process.env, {
  OTEL_SERVICE_NAME: 'vendors',
  OTEL_TRACES_SAMPLER: settings.refuses ? 'always_off' : 'always_on',
  OTEL_EXPORTER_OTLP_ENDPOINT: settings.backend,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_NODE_RESOURCE_DETECTORS: 'none',
});
require('@opentelemetry/auto-instrumentations-node/register');
const { trace } = require('@opentelemetry/api');

settings.onFlush(() => trace.getTracerProvider().getDelegate().forceFlush());
