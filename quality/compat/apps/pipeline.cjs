// Registers NodeSDK the way the README shows, with whatever stands beside our parts in this run.
'use strict';

const { writeFileSync } = require('node:fs');
const { SpanRecorder } = require('./recorder.cjs');
const settings = require('./settings.cjs');

const PIPELINE = Symbol.for('compat.pipeline');

/** Where the application finds what its setup file has started. */
exports.started = () => globalThis[PIPELINE];

/**
 * `packages` holds the modules, loaded in the way of the application. `secondCopy` is another copy of the
 * instrumentation package, as two versions in one dependency tree would give.
 */
exports.start = function start(packages, secondCopy) {
  const { instrumentation, exporter, sdkNode, traceSdk } = packages;
  const databricks = new instrumentation.DatabricksSqlInstrumentation();
  const recorder = new SpanRecorder();
  const telemetry = new exporter.DatabricksTelemetrySpanProcessor(
    new exporter.DatabricksTelemetryExporter({ allowPrivateHosts: true }),
  );

  const instrumentations = [databricks];
  const spanProcessors = [telemetry, recorder];
  let rate = 1;
  switch (settings.beside) {
    case 'otlp':
      spanProcessors.push(
        traceSdk.batch(new packages.otlp.OTLPTraceExporter({ url: settings.otlpUrl })),
      );
      break;
    case 'console':
      spanProcessors.push(traceSdk.batch(new traceSdk.ConsoleSpanExporter()));
      break;
    case 'http':
      instrumentations.push(
        new packages.http.HttpInstrumentation(),
        new packages.undici.UndiciInstrumentation(),
      );
      break;
    case 'sampler':
      rate = 0;
      break;
    case 'second-copy':
      instrumentations.push(new secondCopy.DatabricksSqlInstrumentation());
      break;
    default:
      throw new Error(`Nothing is known to stand beside as ${settings.beside}`);
  }

  const sdk = new sdkNode.NodeSDK({
    serviceName: 'compat',
    instrumentations,
    spanProcessors,
    sampler: new traceSdk.ParentBasedSampler({
      root: new traceSdk.TraceIdRatioBasedSampler(rate),
    }),
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();

  globalThis[PIPELINE] = {
    databricks,
    /** Shuts the SDK down and writes down what was seen; nothing may hold the process from here on. */
    async finish(outcome) {
      await sdk.shutdown();
      const report = {
        outcome,
        spans: recorder.spans,
        telemetry: telemetry.stats(),
        finishedAt: Date.now(),
      };
      writeFileSync(settings.report, JSON.stringify(report));
    },
  };
};
