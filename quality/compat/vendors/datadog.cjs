'use strict';

const { setTimeout: delay } = require('node:timers/promises');
const settings = require('./settings.cjs');

const tracer = require('dd-trace').init({
  url: settings.backend,
  startupLogs: false,
  flushInterval: 100,
  plugins: false,
  sampleRate: settings.refuses ? 0 : 1,
});
new tracer.TracerProvider().register();
// dd-trace has no flush to call; the check waits for the request instead of the time.
settings.onFlush(() => delay(2_000));
