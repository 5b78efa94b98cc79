import type { Attributes, Span } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_STATEMENT_PENDING_DURATION,
  ATTR_DATABRICKS_STATEMENT_RUNNING_DURATION,
  ATTR_DATABRICKS_STATEMENT_STATE,
  EVENT_DATABRICKS_STATEMENT_STATE_CHANGE,
} from '../semconv';
import type { StatementState } from '../semconv';
import type { Phase } from './states';

/**
 * How long a statement was pending and running, from the states that the driver's polling saw. A change of state happened
 * between two responses and counts as in the middle of them, so that it is wrong by half the time between two polls at the
 * most. Times are those of `performance.now()`.
 */
export class Phases {
  #phase: Phase | undefined = undefined;
  /** When the phase began. */
  #sinceMs: number;
  #seenMs: number;
  #pendingMs: number | undefined = undefined;
  #runningMs: number | undefined = undefined;

  /** @param submittedMs when the server accepted the statement: the first phase that is seen counts from then */
  constructor(submittedMs: number) {
    this.#sinceMs = submittedMs;
    this.#seenMs = submittedMs;
  }

  /** The seconds spent waiting for the warehouse; `undefined` when no poll saw the statement pending. */
  get pendingSeconds(): number | undefined {
    return this.#pendingMs === undefined ? undefined : this.#pendingMs / 1000;
  }

  /** @returns when the phase began; `undefined` when it was known */
  saw(phase: Phase, nowMs: number): number | undefined {
    const changedMs = this.#phase === phase ? undefined : this.#changed(nowMs);
    this.#phase = phase;
    this.#seenMs = nowMs;
    return changedMs;
  }

  /** A terminal state was seen. @returns when the last phase ended */
  ended(nowMs: number): number {
    return this.#changed(nowMs);
  }

  /** It ends with the last phase that was seen, such as when it is abandoned. */
  abandoned(): void {
    this.#add(this.#seenMs);
  }

  addTo(attributes: Attributes): void {
    if (this.#pendingMs !== undefined) {
      attributes[ATTR_DATABRICKS_STATEMENT_PENDING_DURATION] = this.#pendingMs / 1000;
    }
    if (this.#runningMs !== undefined) {
      attributes[ATTR_DATABRICKS_STATEMENT_RUNNING_DURATION] = this.#runningMs / 1000;
    }
  }

  #changed(nowMs: number): number {
    const changedMs = this.#phase === undefined ? this.#sinceMs : (this.#seenMs + nowMs) / 2;
    this.#add(changedMs);
    return changedMs;
  }

  #add(endMs: number): void {
    const durationMs = Math.max(0, endMs - this.#sinceMs);
    if (this.#phase === 'PENDING') this.#pendingMs = (this.#pendingMs ?? 0) + durationMs;
    if (this.#phase === 'RUNNING') this.#runningMs = (this.#runningMs ?? 0) + durationMs;
    this.#phase = undefined;
    this.#sinceMs = endMs;
  }
}

/** The event of a change of state on the span of a statement. */
export function recordStateChange(
  span: Span | undefined,
  state: Phase | StatementState,
  atMs: number,
): void {
  if (span?.isRecording() !== true) return;
  const attributes = { [ATTR_DATABRICKS_STATEMENT_STATE]: state };
  span.addEvent(EVENT_DATABRICKS_STATEMENT_STATE_CHANGE, attributes, atMs);
}
