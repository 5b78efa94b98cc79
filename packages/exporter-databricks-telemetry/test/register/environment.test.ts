import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { EXPORTER_OPTIONS, PROCESSOR_OPTIONS } from '../../src/config';
import { optionsFromEnvironment, VARIABLES, variableOf } from '../../src/register/environment';
import { DiagRecorder } from '../diag-recorder';

function queryTagsFrom(text: string): unknown {
  return optionsFromEnvironment({ DATABRICKS_TELEMETRY_QUERY_TAGS: text }).instrumentation
    .queryTags;
}

describe('the options of a registered process', () => {
  let diag: DiagRecorder;
  beforeEach(() => {
    diag = new DiagRecorder().install();
  });
  afterEach(() => {
    diag.remove();
  });

  it('are named after the options of the packages', () => {
    assert.equal(variableOf('dryRunPath'), 'DATABRICKS_TELEMETRY_DRY_RUN_PATH');
    for (const name of Object.keys(VARIABLES.exporter)) assert.ok(name in EXPORTER_OPTIONS, name);
    assert.deepEqual(
      Object.keys(VARIABLES.processor).toSorted(),
      Object.keys(PROCESSOR_OPTIONS).toSorted(),
    );
  });

  it('are read by kind, and left to the defaults when they are empty', () => {
    const { instrumentation, exporter, processor } = optionsFromEnvironment({
      DATABRICKS_TELEMETRY_DRIVER_TELEMETRY: 'keep',
      DATABRICKS_TELEMETRY_ALLOW_PRIVATE_HOSTS: 'TRUE',
      DATABRICKS_TELEMETRY_DRY_RUN: ' ',
      DATABRICKS_TELEMETRY_MAX_QUEUE_SIZE: '7',
      DATABRICKS_TELEMETRY_DISABLED: '0',
      UNRELATED: 'x',
    });
    assert.deepEqual(instrumentation, { driverTelemetry: 'keep' });
    assert.deepEqual(exporter, { allowPrivateHosts: true });
    assert.deepEqual(processor, { maxQueueSize: 7 });
    assert.deepEqual(diag.lines, []);
  });

  it('are handed on as they are when they are of the wrong kind, for the part to warn about', () => {
    const { processor } = optionsFromEnvironment({ DATABRICKS_TELEMETRY_MAX_QUEUE_SIZE: 'many' });
    assert.deepEqual(processor, { maxQueueSize: 'many' });
  });

  it('are parsed where they hold JSON, and handed on as they are where they do not', () => {
    const queryTags = { resource: ['service.name'], whenRefused: 'send-without' };
    assert.deepEqual(queryTagsFrom(JSON.stringify(queryTags)), queryTags);
    assert.equal(queryTagsFrom('traceparent'), 'traceparent');
    assert.equal(queryTagsFrom(' '), undefined);
  });

  it('log one warning for unknown names, without their values', () => {
    optionsFromEnvironment({ DATABRICKS_TELEMETRY_TOKEN: 'dapi0', DATABRICKS_TELEMETRY_A: 'b' });
    assert.equal(diag.warnings('DATABRICKS_TELEMETRY_TOKEN, DATABRICKS_TELEMETRY_A'), 1);
    assert.ok(!JSON.stringify(diag.lines).includes('dapi0'));
  });
});
