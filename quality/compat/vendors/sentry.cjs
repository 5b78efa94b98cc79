'use strict';

const Sentry = require('@sentry/node');
const settings = require('./settings.cjs');

Sentry.init({
  dsn: `http://public@${new URL(settings.backend).host}/1`,
  tracesSampleRate: settings.refuses ? 0 : 1,
  // Sentry 11 leaves the OpenTelemetry API alone unless it is asked; Sentry 10 has no such option.
  enableOpenTelemetrySetup: true,
});
settings.onFlush(() => Sentry.flush(10_000));
