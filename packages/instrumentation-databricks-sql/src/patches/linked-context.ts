import type { Context } from '@opentelemetry/api';

/**
 * A context with one more value than its parent's, without copying all others as the API's context does. A value
 * replaces an earlier one of the same key, so that nested contexts do not grow.
 */
export class LinkedContext implements Context {
  readonly #parent: Context;
  readonly #key: symbol;
  readonly #value: unknown;

  constructor(parent: Context, key: symbol, value: unknown) {
    this.#parent = without(parent, key);
    this.#key = key;
    this.#value = value;
  }

  getValue(key: symbol): unknown {
    return key === this.#key ? this.#value : this.#parent.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return new LinkedContext(this, key, value);
  }

  deleteValue(key: symbol): Context {
    return new LinkedContext(this, key, undefined);
  }

  /** The same values without that of `key`, as far as it is linked here. */
  without(key: symbol): Context {
    if (key === this.#key) return this.#parent;
    const parent = without(this.#parent, key);
    return parent === this.#parent ? this : new LinkedContext(parent, this.#key, this.#value);
  }
}

function without(context: Context, key: symbol): Context {
  return context instanceof LinkedContext ? context.without(key) : context;
}
