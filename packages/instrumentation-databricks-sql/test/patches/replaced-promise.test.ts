import { createNoopMeter, diag, SpanKind, trace } from '@opentelemetry/api';
import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { restore, stub } from 'sinon';
import { DriverReport } from '../../src/driver/report';
import { Guard } from '../../src/guard';
import { resolveConfig } from '../../src/config';
import { Connection } from '../../src/connection/connection';
import { DriverCall } from '../../src/patches/driver-call';
import { observeMethod, traceMethod } from '../../src/patches/method-patch';
import { SharedState } from '../../src/patches/shared-state';
import { Metrics } from '../../src/telemetry/metrics';
import { Telemetry } from '../../src/telemetry/telemetry';
import { withThen } from '../support/thenable';

type Settle = (value: unknown) => void;

/** A promise that no `instanceof Promise` recognizes: of a library, or of another realm. */
const PROMISES: Readonly<Record<string, () => [PromiseLike<unknown>, Settle, Settle]>> = {
  'of another realm': () =>
    runInNewContext(
      'let settle; const p = new Promise((...s) => { settle = s; }); [p, ...settle]',
    ) as [PromiseLike<unknown>, Settle, Settle],
  'of another class': () => {
    let settle: [Settle, Settle] | undefined;
    const promise = new Promise<unknown>((...functions) => {
      settle = functions;
    });
    assert.ok(settle);
    return [withThen({}, { value: promise.then.bind(promise) }), ...settle];
  },
};

class Call extends DriverCall {
  readonly seen: string[] = [];

  override succeeded(): void {
    this.seen.push('succeeded');
  }

  override failed(): void {
    this.seen.push('failed');
  }

  override end(): void {
    this.seen.push('ended');
  }
}

describe('a driver that returns a promise', () => {
  const telemetry = new Telemetry(
    new Guard(diag),
    resolveConfig({}, diag),
    new Metrics(createNoopMeter()),
    () => trace.getTracer('test'),
  );
  const shared = new SharedState(telemetry, new DriverReport(diag));
  shared.enabled = true;

  function newCall(): Call {
    const operation = telemetry.begin(new Connection({}), 'call', SpanKind.CLIENT, {});
    return new Call(telemetry, operation, undefined);
  }

  afterEach(() => restore());

  for (const [kind, create] of Object.entries(PROMISES)) {
    it(`${kind} is traced until that settles`, async () => {
      for (const outcome of ['succeeded', 'failed']) {
        const [promise, resolve, reject] = create();
        const call = newCall();
        const patched = traceMethod(shared, 'call', () => call)(() => promise);
        const returned = patched() as PromiseLike<unknown>;
        assert.deepEqual(call.seen, []);
        const value = new Error('the outcome');
        (outcome === 'succeeded' ? resolve : reject)(value);
        assert.equal(
          await returned.then(
            (result) => result,
            (error: unknown) => error,
          ),
          value,
        );
        assert.deepEqual(call.seen, [outcome, 'ended']);
      }
    });

    it(`${kind} is observed when that settles`, async () => {
      const [promise, resolve] = create();
      const resolved = stub();
      const patched = observeMethod(shared, 'call', () => ({ resolved }))(() => promise);
      const returned = patched() as PromiseLike<unknown>;
      assert.equal(resolved.callCount, 0);
      resolve('rows');
      assert.equal(await returned, 'rows');
      assert.deepEqual(resolved.args, [['rows']]);
    });
  }

  it('that derives no other promise gets it back', () => {
    const odd = withThen({}, { value: () => undefined });
    const patched = traceMethod(shared, 'call', () => newCall())(() => odd);
    assert.equal(patched(), odd);
  });
});
