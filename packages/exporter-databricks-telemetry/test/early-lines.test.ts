import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { describe, it } from 'mocha';

const PACKAGE = path.resolve(__dirname, '../..');

/** A set-up with a misspelt or invalid option in every part, and the driver loaded first. */
const SET_UP = `
  require('@databricks/sql');
  const { NodeSDK } = require('@opentelemetry/sdk-node');
  const { DatabricksSqlInstrumentation } = require('@dbsql-otel/instrumentation-databricks-sql');
  const telemetry = require('@dbsql-otel/exporter-databricks-telemetry');
  const databricks = new DatabricksSqlInstrumentation({ queryTxt: 'off' });
  const exporter = new telemetry.DatabricksTelemetryExporter({ requestTimeout: 1, retry: { maxRetry: 1 } });
  const processor = new telemetry.DatabricksTelemetrySpanProcessor(exporter, { maxQueueSize: 'large' });
  LATER
  new NodeSDK({ instrumentations: [databricks], spanProcessors: [processor], metricReaders: [], logRecordProcessors: [] }).start();
`;

/** What a program prints that ends at once. */
function output(code: string, environment: Readonly<Record<string, string>>): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', code], {
    cwd: PACKAGE,
    env: { PATH: process.env['PATH'], ...environment },
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout + stderr;
}

function count(text: string, part: RegExp): number {
  return text.split('\n').filter((line) => part.test(line)).length;
}

describe('what constructors log before NodeSDK installs the logger', () => {
  const EXPECTED = [
    /unknown option queryTxt is ignored/,
    /unknown option requestTimeout is ignored/,
    /retry: unknown option maxRetry is ignored/,
    /maxQueueSize must be an integer from 1 to 100000, 500 is used/,
  ];
  const LOADED_FIRST =
    /@databricks\/sql 2\.1\.0 was loaded before this instrumentation\. It is patched now/;

  it('is heard once at warn, in a program that ends at once', () => {
    const text = output(SET_UP.replace('LATER', ''), { OTEL_LOG_LEVEL: 'warn' });
    for (const line of [...EXPECTED, LOADED_FIRST]) {
      assert.equal(count(text, line), 1, `${line}\n${text}`);
    }
  });

  it('is heard once when the set-up goes on later', () => {
    const later = SET_UP.replace(
      /LATER([\s\S]*)$/,
      'setTimeout(() => {$1}, 20);setTimeout(() => processor.forceFlush(), 30);',
    );
    const text = output(later, { OTEL_LOG_LEVEL: 'warn' });
    for (const line of EXPECTED.slice(1)) assert.equal(count(text, line), 1, `${line}\n${text}`);
  });

  it('is not printed where the application has no logger', () => {
    assert.equal(output(SET_UP.replace('LATER', ''), {}), '');
  });

  it('says at info what a variable turns off, and not the opposite', () => {
    const disabled = output(SET_UP.replace('LATER', ''), {
      OTEL_LOG_LEVEL: 'info',
      DATABRICKS_TELEMETRY_DISABLED: '1',
    });
    assert.equal(
      count(disabled, /DATABRICKS_TELEMETRY_DISABLED is set: no telemetry is reported/),
      1,
    );
    assert.equal(count(disabled, /telemetry: off, DATABRICKS_TELEMETRY_DISABLED is set/), 1);
    assert.equal(count(disabled, /reported by|is sent/), 0);

    const off = output(SET_UP.replace('LATER', ''), {
      OTEL_LOG_LEVEL: 'info',
      OTEL_SDK_DISABLED: 'true',
    });
    assert.equal(count(off, /OTEL_SDK_DISABLED is true: this processor claims no connection/), 1);
    assert.equal(count(off, /telemetry: the driver sends its own, OTEL_SDK_DISABLED is true/), 1);
    assert.equal(count(off, /reported by the telemetry processor/), 0);
  });
});
