import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { checkEnvironment } from '../../src/doctor/check-environment';
import { findingLine } from '../../src/doctor/finding';

describe('environment in the eyes of the doctor', () => {
  const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{}, /^ok .*nothing is switched off/],
    [{ OTEL_SDK_DISABLED: ' TRUE ' }, /^PROBLEM .*OTEL_SDK_DISABLED/],
    [{ OTEL_SDK_DISABLED: 'false' }, /^ok /],
    [{ OTEL_TRACES_EXPORTER: 'otlp, none' }, /^note .*spanProcessors/],
    [{ DATABRICKS_TELEMETRY_DISABLED: 'yes' }, /^PROBLEM .*no telemetry is reported/],
    [{ DATABRICKS_TELEMETRY_DISABLED: '0' }, /^ok /],
    [{ DATABRICKS_TELEMETRY_DISABLED: 'disabled' }, /^PROBLEM .*not 1, true, yes or on/],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' }, /^ok /],
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, /^note .*samples nothing/],
    [{ AWS_LAMBDA_FUNCTION_NAME: 'orders' }, /^note .*frozen.*await forceFlush\(\)/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, /^PROBLEM .*is not a URL/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' }, /^PROBLEM .*port 4317/],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      /^PROBLEM .*port 4318/,
    ],
    [{ OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'databricks-sql' }, /^PROBLEM .*no effect/],
  ];
  for (const [environment, expected] of cases) {
    it(`reads ${JSON.stringify(environment)}`, () => {
      const lines = checkEnvironment(environment).map(findingLine);
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', expected);
    });
  }

  it('prints a finding on one line whatever a name holds', () => {
    const line = findingLine({ level: 'note', text: 'a\nb\u001b[31m', advice: 'c\u2028d' });
    assert.equal(line, 'note     a b [31m: c d');
  });
});
