'use strict';

const { trace } = require('@opentelemetry/api');
const { OTLPHttpJsonTraceExporter, registerOTel } = require('@vercel/otel');
const settings = require('./settings.cjs');

registerOTel({
  serviceName: 'vendors',
  traceExporter: new OTLPHttpJsonTraceExporter({ url: `${settings.backend}/v1/traces` }),
  traceSampler: settings.refuses ? 'always_off' : 'always_on',
});
settings.onFlush(async () => {
  const provider = trace.getTracerProvider();
  await (provider.getDelegate?.() ?? provider).forceFlush?.();
});
