import type { Failure } from './failure';

/** Finds the operation in which a failure was first seen. */
export class FailureSightings {
  readonly #seen = new WeakSet<object>();

  /** Whether the failure was not seen before. */
  isFirst({ origin }: Failure): boolean {
    if (origin === undefined) return true;
    if (this.#seen.has(origin)) return false;
    this.#seen.add(origin);
    return true;
  }
}
