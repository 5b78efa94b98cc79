import assert from 'node:assert/strict';
import { diag, DiagLogLevel, trace } from '@opentelemetry/api';
import { createSandbox } from 'sinon';
import { DatabricksSqlInstrumentation } from '../src';
import { TestBed } from './support/test-bed';

describe('a second instance or copy of the instrumentation', () => {
  const sandbox = createSandbox();
  const warn = sandbox.stub();
  let bed: TestBed;
  let second: DatabricksSqlInstrumentation;

  beforeEach(async () => {
    bed = await TestBed.start();
    const silent = sandbox.stub();
    diag.setLogger(
      { error: silent, warn, info: silent, debug: silent, verbose: silent },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    second = new DatabricksSqlInstrumentation();
    second.setTracerProvider(bed.provider);
  });
  afterEach(async () => {
    second.disable();
    diag.disable();
    sandbox.reset();
    await bed.stop();
  });

  async function story(): Promise<void> {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement('SELECT * FROM range(3)');
      await operation.fetchAll();
      await operation.close();
    });
  }

  it('stays out of what the first one traces, and says so once', async () => {
    second.patch(bed.driver);
    await story();
    for (const operation of ['connect', 'open_session', 'execute_statement', 'close_statement']) {
      assert.equal(bed.spansOf(operation).length, 1, operation);
    }
    const told = warn.args.filter((args) => String(args).includes('another copy'));
    assert.equal(told.length, 1);
  });

  it('traces the driver when the first one is disabled', async () => {
    bed.instrumentation.disable();
    second.patch(bed.driver);
    await story();
    assert.equal(bed.spansOf('execute_statement').length, 1);
  });

  it('follows the global provider when a distribution disables tracing and registers its own', async () => {
    bed.instrumentation.disable();
    second.disable();
    const early = new DatabricksSqlInstrumentation();
    try {
      early.patch(bed.driver);
      trace.disable();
      trace.setGlobalTracerProvider(bed.provider);
      await story();
      assert.equal(bed.spansOf('execute_statement').length, 1);
    } finally {
      early.disable();
      trace.disable();
    }
  });
});
