import assert from 'node:assert/strict';
import { diag } from '@opentelemetry/api';
import { Guard } from '../../src/guard';
import { observeMethod, traceMethod } from '../../src/patches/method-patch';
import type { SharedState } from '../../src/patches/shared-state';
import { OpenOperations } from '../../src/statement/open-operations';

type Shared = Parameters<typeof traceMethod>[0];

interface Counter {
  count: number;
}

function increase(this: Counter, by: number): number {
  this.count += by;
  return this.count;
}

/** What the patches read of the shared state; a call that records what happens to it. */
function setUp(enabled: boolean): { shared: Shared; events: string[]; begin: () => never } {
  const events: string[] = [];
  const shared = {
    enabled,
    guard: new Guard(diag),
    openOperations: new OpenOperations(new Guard(diag), () => 1_000),
    telemetry: { describe: (error: unknown) => error },
  } as unknown as SharedState;
  const call = {
    needsContext: false,
    succeeded: () => events.push('succeeded'),
    failed: (failure: unknown) => events.push(`failed: ${String(failure)}`),
    end: () => events.push('ended'),
  };
  return { shared, events, begin: () => call as never };
}

/** The prototype's method, wrapped again by another library, as it is while this package is disabled beneath that one. */
function beneathAnotherWrapper(patched: (...args: never[]) => unknown): (by: number) => unknown {
  const counter: Counter = { count: 0 };
  return function wrapper(by) {
    return Reflect.apply(patched, counter, [by] as never[]);
  };
}

describe('a patched method', () => {
  for (const [name, patch] of [
    ['traced', traceMethod],
    ['observed', observeMethod],
  ] as const) {
    it(`${name}, passes on this and the arguments when disabled beneath another wrapper`, () => {
      const { shared, events, begin } = setUp(false);
      const method = patch(shared, 'increase', begin)(increase as never);
      assert.equal(beneathAnotherWrapper(method as never)(5), 5);
      assert.deepEqual(events, []);
    });
  }

  it('rethrows a synchronous exception of the driver, and ends the failed call once', () => {
    const { shared, events, begin } = setUp(true);
    const thrown = new Error('at once');
    const method = traceMethod(
      shared,
      'fail',
      begin,
    )(() => {
      throw thrown;
    });
    assert.throws(
      () => Reflect.apply(method, undefined, []),
      (error) => error === thrown,
    );
    assert.deepEqual(events, ['failed: Error: at once', 'ended']);
  });
});
