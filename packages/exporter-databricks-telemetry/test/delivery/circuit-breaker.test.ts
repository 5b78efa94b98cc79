import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { CIRCUIT_BREAKER_OPTIONS } from '../../src/config';
import { CircuitBreaker } from '../../src/delivery/circuit-breaker';
import type { CircuitBreakerOptions } from '../../src/config';
import type { Permit } from '../../src/delivery/circuit-breaker';
import { defaultsOf } from '../../src/option-validation';

function fail(breaker: CircuitBreaker, times: number, retryAfterMs?: number): void {
  for (let i = 0; i < times; i++) {
    breaker.tryAcquire()?.failure(retryAfterMs);
  }
}

describe('CircuitBreaker', () => {
  let nowMs: number;
  let transitions: string[];

  function create(options: Partial<CircuitBreakerOptions> = {}): CircuitBreaker {
    return new CircuitBreaker(
      { ...defaultsOf(CIRCUIT_BREAKER_OPTIONS), ...options },
      () => nowMs,
      (from, to) => transitions.push(`${from} -> ${to}`),
    );
  }

  beforeEach(() => {
    nowMs = 1_000;
    transitions = [];
  });

  it('starts closed', () => {
    assert.equal(create().state, 'CLOSED');
  });

  it('has the defaults 5 failures, 60 s, 2 successes', () => {
    assert.deepStrictEqual(defaultsOf(CIRCUIT_BREAKER_OPTIONS), {
      failureThreshold: 5,
      openMs: 60_000,
      successThreshold: 2,
    });
  });

  it('opens at the threshold, not before', () => {
    const breaker = create();
    fail(breaker, 4);
    assert.equal(breaker.state, 'CLOSED');
    fail(breaker, 1);
    assert.equal(breaker.state, 'OPEN');
  });

  it('opens at a threshold of its own (defect 10: options never reached the breaker)', () => {
    const breaker = create({ failureThreshold: 1, openMs: 10 });
    fail(breaker, 1);
    assert.equal(breaker.state, 'OPEN');
    nowMs += 10;
    assert.equal(breaker.state, 'HALF_OPEN');
  });

  it('is open for a time of its own, and closes after a number of successes of its own', () => {
    const breaker = create({ openMs: 10, successThreshold: 1 });
    fail(breaker, 5);
    nowMs += 9;
    assert.equal(breaker.state, 'OPEN');
    nowMs += 1;
    assert.equal(breaker.state, 'HALF_OPEN');
    breaker.tryAcquire()?.success();
    assert.equal(breaker.state, 'CLOSED');
  });

  it('counts consecutive failures only', () => {
    const breaker = create();
    fail(breaker, 4);
    breaker.tryAcquire()?.success();
    fail(breaker, 4);
    assert.equal(breaker.state, 'CLOSED');
  });

  it('gives no permit while open, and says for how long', () => {
    const breaker = create();
    fail(breaker, 5);
    nowMs += 59_999;
    assert.equal(breaker.tryAcquire(), undefined);
    assert.equal(breaker.retryAfterMs, 1);
    nowMs += 1;
    assert.equal(breaker.retryAfterMs, 0);
    assert.ok(breaker.tryAcquire());
  });

  it('stays open for a longer Retry-After, not for a shorter one', () => {
    const breaker = create({ failureThreshold: 1 });
    fail(breaker, 1, 90_000);
    assert.equal(breaker.retryAfterMs, 90_000);
    const other = create({ failureThreshold: 1 });
    fail(other, 1, 1_000);
    assert.equal(other.retryAfterMs, 60_000);
  });

  it('admits one probe at a time when half open', () => {
    const breaker = create();
    fail(breaker, 5);
    nowMs += 60_000;
    const probe = breaker.tryAcquire();
    assert.ok(probe);
    assert.equal(breaker.tryAcquire(), undefined);
    probe.success();
    assert.ok(breaker.tryAcquire());
  });

  it('closes after two successes, reopens at any failure', () => {
    const breaker = create();
    fail(breaker, 5);
    nowMs += 60_000;
    breaker.tryAcquire()?.success();
    fail(breaker, 1);
    assert.equal(breaker.state, 'OPEN');
    nowMs += 60_000;
    breaker.tryAcquire()?.success();
    breaker.tryAcquire()?.success();
    assert.deepStrictEqual(transitions, [
      'CLOSED -> OPEN',
      'OPEN -> HALF_OPEN',
      'HALF_OPEN -> OPEN',
      'OPEN -> HALF_OPEN',
      'HALF_OPEN -> CLOSED',
    ]);
  });

  it('lets the next probe in when one was cancelled', () => {
    const breaker = create({ failureThreshold: 1 });
    fail(breaker, 1);
    nowMs += 60_000;
    breaker.tryAcquire()?.cancel();
    assert.equal(breaker.state, 'HALF_OPEN');
    assert.ok(breaker.tryAcquire());
  });

  it('ignores what began before the last change of state', () => {
    const breaker = create({ failureThreshold: 1 });
    const early = breaker.tryAcquire();
    fail(breaker, 1);
    nowMs += 60_000;
    assert.equal(breaker.state, 'HALF_OPEN');
    early?.failure();
    early?.success();
    assert.equal(breaker.state, 'HALF_OPEN');
  });

  it('counts the first outcome of a permit only', () => {
    const breaker = create({ failureThreshold: 2 });
    const permit = breaker.tryAcquire();
    permit?.failure();
    permit?.failure();
    assert.equal(breaker.state, 'CLOSED');
  });

  it('behaves as the reference model under any order of calls, outcomes and waits', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('acquire' as const) }),
      fc.record({
        kind: fc.constantFrom('success' as const, 'failure' as const, 'cancel' as const),
        pick: fc.nat(20),
        retryAfterMs: fc.constantFrom(0, 50, 250),
      }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 40, 100, 300) }),
    );
    const options = fc.record({
      failureThreshold: fc.integer({ min: 1, max: 4 }),
      openMs: fc.constantFrom(100),
      successThreshold: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(options, fc.array(step, { maxLength: 80 }), (config, steps) => {
        nowMs = 0;
        const breaker = create(config);
        const model = new Model(config);
        const permits: [Permit, number][] = [];
        for (const action of steps) {
          if (action.kind === 'wait') {
            nowMs += action.ms;
          } else if (action.kind === 'acquire') {
            const permit = breaker.tryAcquire();
            const era = model.acquire(nowMs);
            assert.equal(permit !== undefined, era !== undefined);
            if (permit && era !== undefined) permits.push([permit, era]);
          } else if (permits.length > 0) {
            const [[permit, era] = assert.fail()] = permits.splice(action.pick % permits.length, 1);
            permit[action.kind](action.retryAfterMs);
            model.settle(era, action.kind, nowMs, action.retryAfterMs);
          }
          assert.equal(breaker.state, model.stateAt(nowMs));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The same rules, written as a history: eras, each with a state and what happened in it. */
class Model {
  #eras: { state: string; until: number; failures: number; successes: number; probing: boolean }[] =
    [{ state: 'CLOSED', until: Infinity, failures: 0, successes: 0, probing: false }];

  constructor(private readonly options: CircuitBreakerOptions) {}

  #begin(state: string, until = Infinity): void {
    this.#eras.push({ state, until, failures: 0, successes: 0, probing: false });
  }

  #current(nowMs: number) {
    const era = this.#eras.at(-1)!;
    if (era.state !== 'OPEN' || nowMs < era.until) return era;
    this.#begin('HALF_OPEN');
    return this.#eras.at(-1)!;
  }

  stateAt(nowMs: number): string {
    return this.#current(nowMs).state;
  }

  acquire(nowMs: number): number | undefined {
    const era = this.#current(nowMs);
    if (era.state === 'OPEN' || era.probing) return undefined;
    era.probing = era.state === 'HALF_OPEN';
    return this.#eras.length;
  }

  settle(era: number, kind: string, nowMs: number, retryAfterMs: number): void {
    if (era !== this.#eras.length) return;
    const current = this.#eras.at(-1)!;
    current.probing = false;
    if (kind === 'success') {
      current.failures = 0;
      current.successes += 1;
      if (current.state === 'HALF_OPEN' && current.successes === this.options.successThreshold) {
        this.#begin('CLOSED');
      }
    } else if (kind === 'failure') {
      current.failures += 1;
      if (current.state === 'HALF_OPEN' || current.failures === this.options.failureThreshold) {
        this.#begin('OPEN', nowMs + Math.max(this.options.openMs, retryAfterMs));
      }
    }
  }
}
