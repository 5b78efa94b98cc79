import { diag, DiagLogLevel } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { DatabricksSqlInstrumentation } from '../src';
import type { DatabricksSqlInstrumentationConfig } from '../src';
import { keepDiagnostics } from './support/diagnostics';

function fail(): never {
  throw new Error('the application');
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Creates everything that JavaScript can pass as the options; a function, because fast-check reads its values. */
const OPTIONS: fc.Arbitrary<() => unknown> = fc.oneof(
  fc.anything({ withNullPrototype: true, withSparseArray: true }).map((value) => () => value),
  fc
    .constantFrom('enabled', 'queryText', 'requestHook', 'statementMaxDurationMs', 'unknown')
    .map((name) => () => Object.defineProperty({}, name, { get: fail, enumerable: true })),
  fc
    .constantFrom('get', 'ownKeys', 'has', 'getOwnPropertyDescriptor', 'getPrototypeOf')
    .map((trap) => () => new Proxy({}, { [trap]: fail })),
  fc.constant(revoked),
);

function withThrowingLogger(): void {
  const logger = { error: fail, warn: fail, info: fail, debug: fail, verbose: fail };
  diag.setLogger({ ...logger, warn: () => {} }, { suppressOverrideMessage: true });
  diag.setLogger(logger, { suppressOverrideMessage: true });
}

describe('DatabricksSqlInstrumentation with odd options', () => {
  // Without a logger the warnings would be kept, and logged in a later test.
  beforeEach(() => keepDiagnostics(DiagLogLevel.NONE, () => {}));
  afterEach(() => diag.disable());

  for (const isLogging of [false, true]) {
    it(`never throws${isLogging ? ', whatever the logger of the application throws' : ''}`, () => {
      if (isLogging) withThrowingLogger();
      fc.assert(
        fc.property(OPTIONS, (create) => {
          const options = create();
          const config = options as DatabricksSqlInstrumentationConfig;
          const instrumentation = new DatabricksSqlInstrumentation(config);
          try {
            instrumentation.setConfig(config);
            instrumentation.patch(options);
            instrumentation.setTracerProvider(options as never);
            instrumentation.setMeterProvider(options as never);
            assert.equal(instrumentation.access.connection('unknown'), undefined);
          } finally {
            instrumentation.disable();
          }
        }),
        // Under mocha each instance hooks `require` once more, and hundreds of hooks overflow the stack.
        { numRuns: 20 },
      );
    });
  }

  it('reads options of a class with getters, and of a prototype', () => {
    class Options {
      get queryText(): 'off' {
        return 'off';
      }
    }
    for (const config of [new Options(), Object.create({ queryText: 'off' }) as Options]) {
      const instrumentation = new DatabricksSqlInstrumentation(config);
      assert.equal(instrumentation.getConfig().queryText, 'off');
      instrumentation.disable();
    }
  });
});
