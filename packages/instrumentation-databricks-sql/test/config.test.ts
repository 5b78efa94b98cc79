import { diag, DiagLogLevel } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabricksSqlInstrumentation } from '../src';
import { OPTIONS, resolveConfig } from '../src/config';
import type { DatabricksSqlInstrumentationConfig, ResolvedConfig } from '../src/config';
import { PACKAGE_VERSION } from '../src/scope';
import { keepDiagnostics } from './support/diagnostics';

function resolve(config: Readonly<Record<string, unknown>>): ResolvedConfig {
  return resolveConfig(config, diag);
}

const PACKAGE_ROOT = join(__dirname, '..', '..');

describe('options', () => {
  let warnings: string[];

  beforeEach(() => {
    warnings = [];
    keepDiagnostics(DiagLogLevel.WARN, (...parts) => {
      warnings.push(parts.join(' '));
    });
  });
  afterEach(() => {
    diag.disable();
  });

  it('have defaults', () => {
    assert.deepEqual(resolve({}), {
      enabled: true,
      requireParentSpan: false,
      queryText: 'sanitized',
      summarizeQuery: true,
      enhancedDatabaseReporting: false,
      connectionSpans: true,
      driverChannels: false,
      fetchSpans: true,
      cloudFetchSpans: true,
      driverTelemetry: 'auto',
      traceContext: 'none',
      queryTags: undefined,
      inheritedAttributes: [],
      metricAttributes: undefined,
      metricBaggageKeys: [],
      slowStatementMs: undefined,
      statementMaxDurationMs: 3_600_000,
      leakStackTraces: false,
      requestHook: undefined,
      responseHook: undefined,
    });
    assert.deepEqual(warnings, []);
  });

  const INVALID: readonly [string, unknown][] = [
    ['requireParentSpan', 'yes'],
    ['queryText', 'raw'],
    ['driverTelemetry', true],
    ['traceContext', 'comment'],
    ['inheritedAttributes', 'gen_ai.tool.name'],
    ['metricAttributes', {}],
    ['metricBaggageKeys', 'tenant.id'],
    ['metricBaggageKeys', [1]],
    ['slowStatementMs', -1],
    ['slowStatementMs', '1000'],
    ['statementMaxDurationMs', 0],
    ['statementMaxDurationMs', Number.NaN],
    ['statementMaxDurationMs', 2 ** 40],
    ['queryTags', 'traceparent'],
    ['queryTags', ['traceparent']],
    ['requestHook', {}],
  ];
  for (const [name, value] of INVALID) {
    it(`warn of ${name}: ${JSON.stringify(value)}, and use the default`, () => {
      const resolved: Readonly<Record<string, unknown>> = { ...resolve({ [name]: value }) };
      assert.equal(resolved[name], OPTIONS[name as keyof ResolvedConfig].defaultValue);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? '', new RegExp(`option ${name} must be`));
    });
  }

  it('warn of one that does not exist', () => {
    resolve({ querytext: 'off' });
    assert.match(warnings[0] ?? '', /unknown option querytext/);
  });

  it('are those of the configuration type', () => {
    // The compiler holds the table against the type; this holds the type's optional members against it.
    const all: Required<DatabricksSqlInstrumentationConfig> = {
      ...resolve({}),
      queryTags: {},
      metricAttributes: () => ({}),
      slowStatementMs: 1000,
      requestHook: () => {},
      responseHook: () => {},
    };
    assert.deepEqual(Object.keys(all).toSorted(), Object.keys(OPTIONS).toSorted());
  });

  it('stand in the README with their types and defaults', () => {
    const readme = readFileSync(join(PACKAGE_ROOT, 'README.md'), 'utf8');
    const [, table = ''] = readme.split('## Options');
    const rows = [...table.matchAll(/^\| `(\w+)` +\| `([^`]+)` +\| (?:`([^`]+)`|–) +\|/gm)].map(
      ([, name, type, defaultValue]) => [name, type?.replaceAll(String.raw`\|`, '|'), defaultValue],
    );
    assert.deepEqual(
      rows,
      Object.entries(OPTIONS).map(([name, { type, defaultValue }]) => [
        name,
        type,
        defaultValue === undefined
          ? undefined
          : typeof defaultValue === 'string'
            ? `'${defaultValue}'`
            : JSON.stringify(defaultValue),
      ]),
    );
  });

  it('can be changed while the instrumentation runs', () => {
    const instrumentation = new DatabricksSqlInstrumentation({ queryText: 'off' });
    assert.equal(instrumentation.getConfig().queryText, 'off');
    instrumentation.setConfig({ queryText: 'full' });
    assert.equal(instrumentation.getConfig().queryText, 'full');
    instrumentation.disable();
  });
});

describe('PACKAGE_VERSION', () => {
  it('is that of package.json', () => {
    const manifest = readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8');
    assert.equal((JSON.parse(manifest) as { version: string }).version, PACKAGE_VERSION);
  });
});
