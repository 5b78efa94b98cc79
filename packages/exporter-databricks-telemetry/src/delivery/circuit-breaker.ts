import type { CircuitBreakerOptions } from '../config';

export type CircuitBreakerState = 'CLOSED' | 'OPEN' | 'HALF_OPEN';

/** Permission for one attempt. Its first outcome counts; later ones are ignored. */
export interface Permit {
  success(): void;
  /** @param retryAfterMs the wait that the service asked for */
  failure(retryAfterMs?: number): void;
  /** The attempt has no bearing on the health of the host. */
  cancel(): void;
}

/** A clock that never goes back, in milliseconds. */
export type MonotonicClock = () => number;

/**
 * Circuit breaker: CLOSED lets everything through, OPEN nothing, HALF_OPEN one probe at a time.
 *
 * Outcomes of attempts that began before the last change of state are stale and change nothing.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  readonly #now: MonotonicClock;
  readonly #onTransition: (from: CircuitBreakerState, to: CircuitBreakerState) => void;
  #state: CircuitBreakerState = 'CLOSED';
  /** Counts changes of state, to recognize stale outcomes. */
  #generation = 0;
  #failures = 0;
  #successes = 0;
  #openUntilMs = 0;
  #isProbing = false;

  constructor(
    options: CircuitBreakerOptions,
    now: MonotonicClock,
    onTransition: (from: CircuitBreakerState, to: CircuitBreakerState) => void = () => undefined,
  ) {
    this.#options = options;
    this.#now = now;
    this.#onTransition = onTransition;
  }

  /** Reading the state makes the transition from OPEN to HALF_OPEN when the time is over. */
  get state(): CircuitBreakerState {
    if (this.#state === 'OPEN' && this.#now() >= this.#openUntilMs) this.#change('HALF_OPEN');
    return this.#state;
  }

  /** The circuit is open or being probed, or the last outcomes were failures. */
  get hasFailures(): boolean {
    return this.state !== 'CLOSED' || this.#failures > 0;
  }

  /** How long the circuit stays open, in milliseconds; 0 when it is not open. */
  get retryAfterMs(): number {
    return this.state === 'OPEN' ? this.#openUntilMs - this.#now() : 0;
  }

  /** A permit, or `undefined` when the attempt must not be made. */
  tryAcquire(): Permit | undefined {
    const state = this.state;
    if (state === 'OPEN' || (state === 'HALF_OPEN' && this.#isProbing)) return undefined;
    this.#isProbing = state === 'HALF_OPEN';
    return this.#permit(this.#generation);
  }

  #permit(generation: number): Permit {
    let isPending = true;
    const settle = (outcome: () => void) => {
      const counts = isPending && generation === this.#generation;
      isPending = false;
      if (counts) {
        this.#isProbing = false;
        outcome();
      }
    };
    return {
      success: () => settle(() => this.#succeed()),
      failure: (retryAfterMs = 0) => settle(() => this.#fail(retryAfterMs)),
      cancel: () => settle(() => undefined),
    };
  }

  #succeed(): void {
    this.#failures = 0;
    if (this.#state === 'HALF_OPEN' && ++this.#successes >= this.#options.successThreshold) {
      this.#change('CLOSED');
    }
  }

  #fail(retryAfterMs: number): void {
    this.#failures += 1;
    if (this.#state === 'HALF_OPEN' || this.#failures >= this.#options.failureThreshold) {
      this.#openUntilMs = this.#now() + Math.max(this.#options.openMs, retryAfterMs);
      this.#change('OPEN');
    }
  }

  #change(to: CircuitBreakerState): void {
    const from = this.#state;
    this.#state = to;
    this.#generation += 1;
    this.#failures = 0;
    this.#successes = 0;
    this.#isProbing = false;
    this.#onTransition(from, to);
  }
}
