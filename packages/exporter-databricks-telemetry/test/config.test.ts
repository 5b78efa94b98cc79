import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import {
  CIRCUIT_BREAKER_OPTIONS,
  EXPORTER_OPTIONS,
  PROCESSOR_OPTIONS,
  RETRY_OPTIONS,
  resolveExporterOptions,
} from '../src/config';
import { DatabricksTelemetryExporter } from '../src/exporter/exporter';
import { defaultsOf, resolveOptions } from '../src/option-validation';
import { DiagRecorder } from './diag-recorder';

/** What an untyped caller may write. */
function resolveUntyped(options: Record<string, unknown>) {
  return resolveExporterOptions(options);
}

const ACCESS = {
  connection: () => undefined,
  onClosed: () => () => undefined,
  release: () => undefined,
};

describe('the options', () => {
  let diag: DiagRecorder;

  beforeEach(() => {
    diag = new DiagRecorder().install();
  });
  afterEach(() => {
    diag.remove();
  });

  it('of the processor: the default for what is no integer within its bounds, with one warning', () => {
    const resolved = resolveOptions(PROCESSOR_OPTIONS, {
      maxQueueSize: -1,
      maxExportBatchSize: Number.NaN,
      scheduledDelayMs: 7,
      shutdownTimeoutMs: '5' as unknown as number,
    });
    assert.deepEqual(resolved, { ...defaultsOf(PROCESSOR_OPTIONS), scheduledDelayMs: 7 });
    assert.equal(diag.warnings(''), 1);
    assert.equal(diag.warnings('maxQueueSize must be an integer from 1 to 100000, 500 is used'), 1);
  });

  it('of the exporter: the defaults of the design', () => {
    assert.deepEqual(resolveExporterOptions({}), {
      access: undefined,
      host: undefined,
      port: undefined,
      token: undefined,
      headers: undefined,
      agent: undefined,
      customHeaders: {},
      allowPrivateHosts: false,
      unauthenticatedFallback: true,
      onPayload: undefined,
      dryRun: undefined,
      dryRunPath: 'databricks-telemetry.ndjson',
      requestTimeoutMs: 10_000,
      credentialsTimeoutMs: 5_000,
      shutdownTimeoutMs: 2_000,
      retry: { maxRetries: 3, baseDelayMs: 100, maxDelayMs: 1_000, jitterMs: 100 },
      circuitBreaker: { failureThreshold: 5, openMs: 60_000, successThreshold: 2 },
    });
    assert.deepEqual(diag.lines, []);
  });

  it('of the exporter: what is valid stays', () => {
    const options = {
      access: ACCESS,
      host: 'a.example.com',
      port: 8443,
      token: 'dapi',
      headers: { Authorization: 'Bearer x' },
      customHeaders: { 'X-Team': 'a' },
      allowPrivateHosts: true,
      unauthenticatedFallback: false,
      dryRun: 'file',
      dryRunPath: 'a.ndjson',
      requestTimeoutMs: 1,
      credentialsTimeoutMs: 2,
      shutdownTimeoutMs: 3,
      retry: { maxRetries: 0, baseDelayMs: 1, maxDelayMs: 2, jitterMs: 0 },
      circuitBreaker: { failureThreshold: 1, openMs: 1, successThreshold: 1 },
    } as const;
    const resolved = resolveExporterOptions(options);
    assert.deepEqual(resolved, { ...resolved, ...options });
    assert.deepEqual(diag.lines, []);
  });

  const nonsense: [string, unknown][] = [
    ['access', {}],
    ['access', 'databricks.access'],
    ['host', ''],
    ['port', 0],
    ['port', '443'],
    ['token', ''],
    ['headers', { Authorization: undefined }],
    ['agent', 'proxy'],
    ['customHeaders', { 'X-Team': 1 }],
    ['customHeaders', null],
    ['allowPrivateHosts', 'yes'],
    ['unauthenticatedFallback', 0],
    ['onPayload', {}],
    ['dryRunPath', 7],
    ['requestTimeoutMs', -1],
    ['credentialsTimeoutMs', Infinity],
    ['shutdownTimeoutMs', Number.NaN],
  ];
  for (const [name, value] of nonsense) {
    it(`of the exporter: ${name} ${JSON.stringify(value)} is warned of and its default used`, () => {
      assert.deepEqual(resolveUntyped({ [name]: value }), resolveExporterOptions({}));
      assert.equal(diag.warnings(`${name} must be`), 1);
    });
  }

  it('of the exporter: retry and circuitBreaker, one by one', () => {
    const { retry, circuitBreaker } = resolveUntyped({
      retry: { maxRetries: 99, baseDelayMs: 7 },
      circuitBreaker: 'closed',
    });
    assert.deepEqual(retry, { ...defaultsOf(RETRY_OPTIONS), baseDelayMs: 7 });
    assert.deepEqual(circuitBreaker, defaultsOf(CIRCUIT_BREAKER_OPTIONS));
    assert.equal(diag.warnings('maxRetries must be'), 1);
  });

  it('of the exporter: a dryRun that is misspelled does not send', () => {
    assert.equal(resolveUntyped({ dryRun: 'flie' }).dryRun, 'diag');
    assert.equal(diag.warnings('dryRun must be'), 1);
  });

  it('are warned of without their values, which may be secrets', () => {
    resolveUntyped({ token: ['dapi0123456789abcdef'], customHeaders: { Cookie: 7 }, host: 42 });
    assert.equal(diag.warnings(''), 1);
    assert.equal(diag.warnings('dapi'), 0);
    assert.equal(diag.warnings('42'), 0);
  });

  it('of the exporter may be missing: each connection brings its own credentials', async () => {
    const exporter = new DatabricksTelemetryExporter();
    assert.deepEqual(diag.lines, []);
    await exporter.shutdown();
  });

  it('that are misspelled are ignored with a warning, at every level', () => {
    resolveOptions(PROCESSOR_OPTIONS, { maxQueuSize: 7 } as object);
    assert.equal(diag.warnings('unknown option maxQueuSize is ignored'), 1);
    resolveUntyped({ tokn: 'dapi0123', retry: { maxRetry: 1 }, circuitBreaker: { open: 1 } });
    for (const name of ['tokn', 'maxRetry', 'open']) {
      assert.equal(diag.warnings(`unknown option ${name} is ignored`), 1, name);
    }
    assert.equal(diag.warnings('unknown option retry'), 0);
    assert.equal(diag.warnings('dapi0123'), 0);
  });

  it('are all in the tables', () => {
    assert.deepEqual(
      [...Object.keys(EXPORTER_OPTIONS), 'retry', 'circuitBreaker'].toSorted(),
      Object.keys(resolveExporterOptions({})).toSorted(),
    );
  });
});
