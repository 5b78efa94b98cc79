import { diag } from '@opentelemetry/api';
import * as fc from 'fast-check';
import { DatabricksTelemetryExporter, DatabricksTelemetrySpanProcessor } from '../src';
import { DiagRecorder } from './diag-recorder';

function fail(): never {
  throw new Error('the application');
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const NAMES = ['access', 'credentials', 'retry', 'circuitBreaker', 'headers', 'maxQueueSize', 'x'];
const TRAPS = ['get', 'ownKeys', 'has', 'getOwnPropertyDescriptor', 'getPrototypeOf'];

/** Creates everything that JavaScript can pass as options; a function, because fast-check reads its values. */
const OPTIONS: fc.Arbitrary<() => unknown> = fc.oneof(
  fc.anything({ withNullPrototype: true }).map((value) => () => value),
  fc
    .constantFrom(...NAMES)
    .map((name) => () => Object.defineProperty({}, name, { get: fail, enumerable: true })),
  fc.constantFrom(...NAMES).map((name) => () => ({ [name]: revoked() })),
  fc.constantFrom(...TRAPS).map((trap) => () => new Proxy({}, { [trap]: fail })),
  fc.constant(revoked),
);

describe('the constructors with odd options', () => {
  // Without a logger the warnings would be kept, and logged in a later test.
  beforeEach(() => new DiagRecorder().install());
  afterEach(() => diag.disable());

  it('never throw', async () => {
    await fc.assert(
      fc.asyncProperty(OPTIONS, async (create) => {
        const exporter = new DatabricksTelemetryExporter(create() as never);
        const processor = new DatabricksTelemetrySpanProcessor(exporter, create() as never);
        await processor.shutdown();
      }),
      { numRuns: 200 },
    );
  });
});
