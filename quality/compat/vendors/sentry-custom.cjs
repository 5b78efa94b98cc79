// Sentry's documented custom setup: its sampler and processor in a provider of the application's.
'use strict';

const { context, propagation, trace } = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const { BasicTracerProvider } = require('@opentelemetry/sdk-trace-base');
const Sentry = require('@sentry/node');
const {
  SentryPropagator,
  SentrySampler,
  SentrySpanProcessor,
  wrapContextManagerClass,
} = require('@sentry/opentelemetry');
const settings = require('./settings.cjs');

const client = Sentry.init({
  dsn: `http://public@${new URL(settings.backend).host}/1`,
  tracesSampleRate: settings.refuses ? 0 : 1,
  skipOpenTelemetrySetup: true,
});
const SentryContextManager = wrapContextManagerClass(AsyncLocalStorageContextManager);
context.setGlobalContextManager(new SentryContextManager());
propagation.setGlobalPropagator(new SentryPropagator());
trace.setGlobalTracerProvider(
  new BasicTracerProvider({
    sampler: new SentrySampler(client),
    spanProcessors: [new SentrySpanProcessor()],
  }),
);
settings.onFlush(() => Sentry.flush(10_000));
