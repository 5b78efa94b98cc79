import type { Failure } from './failure';

/** Finds the operation in which a failure was first seen; the driver may wrap one response in several errors. */
export class FailureSightings {
  readonly #seen = new WeakSet<object>();

  /** Whether the failure was not seen before. */
  isFirst({ error }: Failure): boolean {
    if (typeof error !== 'object' || error === null) return true;
    const response: unknown = (error as { response?: unknown }).response;
    const failure = typeof response === 'object' && response !== null ? response : error;
    if (this.#seen.has(failure)) return false;
    this.#seen.add(failure);
    return true;
  }
}
