import { diag, DiagLogLevel } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { keepDiagnostics } from './support/diagnostics';
import { TestBed } from './support/test-bed';
import { withThen } from './support/thenable';

function rejecting(_resolved: unknown, rejected: (reason: unknown) => void): void {
  rejected(new Error('callback'));
}

/** How a function of the application fails. */
const FAILURES: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('callback');
  },
  rejects: () => Promise.reject(new Error('callback')),
  'rejects with nothing': () => Promise.reject(),
  'returns a promise of another realm that rejects': () =>
    runInNewContext('Promise.reject(new Error("callback"))') as unknown,
  'returns a thenable that rejects': () => withThen({}, { value: rejecting }),
  'returns a function that is a thenable': () => withThen(() => {}, { value: rejecting }),
  'returns a thenable that throws': () =>
    withThen(
      {},
      {
        value: () => {
          throw new Error('callback');
        },
      },
    ),
  'returns an object whose then cannot be read': () =>
    withThen(
      {},
      {
        get: () => {
          throw new Error('then');
        },
      },
    ),
  'returns a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
};

/** What has no readable `then` is no promise, so nothing failed. */
const UNREADABLE: ReadonlySet<string> = new Set([
  'returns an object whose then cannot be read',
  'returns a revoked proxy',
]);

/** Sets one function of the application. @returns what undoes it */
const CALLBACKS: Readonly<Record<string, (bed: TestBed, fail: () => undefined) => () => void>> = {
  requestHook: (bed, fail) => {
    bed.instrumentation.setConfig({ requestHook: fail });
    return () => {};
  },
  responseHook: (bed, fail) => {
    bed.instrumentation.setConfig({ responseHook: fail });
    return () => {};
  },
  'access.onClosed': (bed, fail) => bed.instrumentation.access.onClosed(fail),
};

describe('a callback of the application', () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): number => unhandled.push(reason);
  let listeners: readonly NodeJS.UnhandledRejectionListener[];
  let bed: TestBed;

  before(async () => {
    bed = await TestBed.start();
    // Mocha's own listener would take an unhandled rejection for a failure of whichever test runs then.
    listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', onUnhandled);
  });
  after(async () => {
    process.off('unhandledRejection', onUnhandled);
    for (const listener of listeners) process.on('unhandledRejection', listener);
    await bed.stop();
  });
  afterEach(() => {
    diag.disable();
  });

  for (const [callback, set] of Object.entries(CALLBACKS)) {
    for (const [failure, fail] of Object.entries(FAILURES)) {
      it(`${callback} that ${failure} changes nothing`, async () => {
        bed.reset();
        unhandled.length = 0;
        const warnings: string[] = [];
        keepDiagnostics(DiagLogLevel.DEBUG, (...parts) => {
          const message = parts.slice(0, 2).join(' ');
          if (message.includes('failed')) warnings.push(message);
        });
        let calls = 0;
        const undo = set(bed, () => {
          calls += 1;
          return fail() as undefined;
        });
        const rows = await bed.withSession(async (session) =>
          (await session.executeStatement('SELECT 1 AS one')).fetchAll(),
        );
        undo();
        await new Promise((resolve) => setImmediate(resolve));
        assert.equal(rows.length, 1);
        assert.equal(calls, 1);
        assert.deepEqual(unhandled, []);
        assert.equal(bed.spansOf('execute_statement').length, 1);
        assert.equal(warnings.length, UNREADABLE.has(failure) ? 0 : 1, warnings.join('\n'));
      });
    }
  }
});
