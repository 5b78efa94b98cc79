'use strict';

const sdk = require('@opentelemetry/sdk-trace-base');

exports.ConsoleSpanExporter = sdk.ConsoleSpanExporter;
exports.ParentBasedSampler = sdk.ParentBasedSampler;
exports.TraceIdRatioBasedSampler = sdk.TraceIdRatioBasedSampler;
exports.AlwaysOnSampler = sdk.AlwaysOnSampler;
exports.batch = (exporter) => new sdk.BatchSpanProcessor(exporter);
