import { diag, DiagLogLevel } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import { DatabricksSqlInstrumentation } from '../src';
import type { DatabricksSqlInstrumentationConfig } from '../src';
import { ComponentLogger, hasLogger } from '../src/diagnostics';
import { keepDiagnostics } from './support/diagnostics';

const MISSPELT = { queryTxt: 'off' } as DatabricksSqlInstrumentationConfig;

describe('lines that are logged before the application installs its logger', () => {
  let lines: string[];

  beforeEach(() => {
    lines = [];
    diag.disable();
  });
  afterEach(() => diag.disable());

  function installLogger(): void {
    keepDiagnostics(DiagLogLevel.INFO, (...words) => lines.push(words.join(' ')));
    lines.length = 0;
  }

  function ofOption(): string[] {
    return lines.filter((line) => line.includes('unknown option queryTxt'));
  }

  it('are logged once when the set-up installs one, as NodeSDK does', async () => {
    const instrumentation = new DatabricksSqlInstrumentation(MISSPELT);
    installLogger();
    assert.deepEqual(lines, []);
    await Promise.resolve();
    await Promise.resolve();
    assert.equal(ofOption().length, 1);
    instrumentation.disable();
    assert.equal(ofOption().length, 1);
  });

  it('are logged at the next use when the logger comes much later', async () => {
    const instrumentation = new DatabricksSqlInstrumentation(MISSPELT);
    await new Promise((resolve) => setTimeout(resolve, 5));
    installLogger();
    instrumentation.setTracerProvider({ getTracer: () => ({}) as never });
    assert.equal(ofOption().length, 1);
    instrumentation.enable();
    assert.equal(ofOption().length, 1);
    instrumentation.disable();
  });

  it('come before what is logged then, and are bounded', () => {
    const logger = new ComponentLogger();
    for (let line = 0; line < 100; line += 1) logger.warn(`line ${line}`);
    installLogger();
    logger.info('now');
    assert.equal(lines.length, 21);
    assert.match(lines[0] ?? '', /line 0$/);
    assert.match(lines.at(-1) ?? '', /now$/);
  });

  it('are kept only while the API has no logger', () => {
    assert.equal(hasLogger(), false);
    installLogger();
    assert.equal(hasLogger(), true);
    diag.disable();
    assert.equal(hasLogger(), false);
  });
});
