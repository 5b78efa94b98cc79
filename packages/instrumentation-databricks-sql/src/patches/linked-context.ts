import type { Context } from '@opentelemetry/api';

/**
 * A context with one more value than its parent's, without the copy of all others that the API's own makes. A value
 * takes the place of an earlier one of its key, so that contexts within contexts do not grow.
 */
export class LinkedContext implements Context {
  private readonly parent: Context;

  constructor(
    parent: Context,
    private readonly key: symbol,
    private readonly value: unknown,
  ) {
    this.parent = without(parent, key);
  }

  getValue(key: symbol): unknown {
    return key === this.key ? this.value : this.parent.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return new LinkedContext(this, key, value);
  }

  deleteValue(key: symbol): Context {
    return new LinkedContext(this, key, undefined);
  }

  /** The same values but that of `key`, as far as it is linked here. */
  without(key: symbol): Context {
    if (key === this.key) return this.parent;
    const parent = without(this.parent, key);
    return parent === this.parent ? this : new LinkedContext(parent, this.key, this.value);
  }
}

function without(context: Context, key: symbol): Context {
  return context instanceof LinkedContext ? context.without(key) : context;
}
