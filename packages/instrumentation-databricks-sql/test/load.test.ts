import { diag, DiagLogLevel } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { restore, stub } from 'sinon';
import { DatabricksSqlInstrumentation } from '../src';
import type * as patcher from '../src/driver-patcher';
import { keepDiagnostics } from './support/diagnostics';

const ENTRY = join(__dirname, '../src/index.js');

/** The files of this package that a fresh process has loaded after `require` of it and `code`. */
function loaded(code: string): string[] {
  const script = `
    const { DatabricksSqlInstrumentation } = require(${JSON.stringify(ENTRY)});
    const { createNoopMeter } = require(${JSON.stringify(require.resolve('@opentelemetry/api'))});
    ${code}
    console.log(JSON.stringify(Object.keys(require.cache)));`;
  const files = JSON.parse(
    execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }),
  ) as string[];
  return files.filter((file) => file.startsWith(join(__dirname, '../src'))).map((f) => basename(f));
}

/** What hooks the driver. The rest is of no use to an application that never loads it. */
const ALWAYS = [
  'config.js',
  'diagnostics.js',
  'files.js',
  'guard.js',
  'index.js',
  'instrumentation.js',
  'scope.js',
  'supported-versions.js',
  'thenable.js',
];

describe('require of the package', () => {
  afterEach(() => {
    diag.disable();
    restore();
  });

  it('loads what hooks the driver, and so does all of the set-up', () => {
    assert.deepStrictEqual(loaded('').toSorted(), ALWAYS);
    const setUp = `
      const databricks = new DatabricksSqlInstrumentation();
      databricks.setConfig({ queryText: 'off' });
      databricks.setTracerProvider({ getTracer: () => ({}) });
      databricks.setMeterProvider({ getMeter: createNoopMeter });
      databricks.disable();
      databricks.enable();`;
    assert.deepStrictEqual(loaded(setUp).toSorted(), ALWAYS);
    assert.ok(loaded(`${setUp} databricks.access;`).includes('driver-patcher.js'));
  });

  it('leaves the driver alone when what patches it cannot be had', () => {
    const lines: string[] = [];
    keepDiagnostics(DiagLogLevel.WARN, (...parts) => lines.push(parts.map(String).join(' ')));
    const module = require('../src/driver-patcher') as typeof patcher;
    stub(module, 'DriverPatcher').throws(new Error('not to be had'));
    const databricks = new DatabricksSqlInstrumentation();
    const driver = { DBSQLClient: Map };
    const [definition] = databricks.getModuleDefinitions();
    for (const hook of [definition, ...(definition?.files ?? [])]) {
      assert.equal(hook?.patch?.(driver, '2.1.0'), driver);
    }
    databricks.patch(driver);
    assert.equal(databricks.access.connection('any'), undefined);
    databricks.access.onClosed(() => {})();
    databricks.access.release('any');
    databricks.disable();
    assert.ok(lines.some((line) => line.includes('the driver call is unaffected')));
  });
});
