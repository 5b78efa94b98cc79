/** Replaces values beyond the limit. */
const OTHER_VALUE = '_OTHER';

/** Bounds the number of distinct values of an attribute on metrics, so that they do not create ever more series. */
export class BoundedValues {
  readonly #limit: number;
  readonly #known = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns `value` if it is one of the first within the limit, otherwise `_OTHER`. */
  bounded(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#limit) return OTHER_VALUE;
    this.#known.add(value);
    return value;
  }
}
