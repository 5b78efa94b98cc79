import type { ReadableSpan } from '../../otel';

/** The failed spans of one statement: the first, which is nearest to the cause, and the newest, in their order. */
export class BoundedErrors {
  readonly #spans: ReadableSpan[] = [];
  readonly #maxErrors: number;
  #overflow = 0;

  constructor(maxErrors: number) {
    this.#maxErrors = maxErrors;
  }

  /** Errors that were discarded. */
  get overflow(): number {
    return this.#overflow;
  }

  add(span: ReadableSpan): void {
    if (this.#spans.length < this.#maxErrors) {
      this.#spans.push(span);
      return;
    }
    // All slots but the first form a ring buffer; the oldest is overwritten.
    if (this.#maxErrors > 1) this.#spans[1 + (this.#overflow % (this.#maxErrors - 1))] = span;
    this.#overflow += 1;
  }

  inOrder(): readonly ReadableSpan[] {
    if (this.#overflow === 0 || this.#maxErrors === 1) return this.#spans;
    const oldest = 1 + (this.#overflow % (this.#maxErrors - 1));
    return [
      this.#spans.slice(0, 1),
      this.#spans.slice(oldest),
      this.#spans.slice(1, oldest),
    ].flat();
  }
}
