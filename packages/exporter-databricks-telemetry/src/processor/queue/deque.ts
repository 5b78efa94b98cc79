const INITIAL_CAPACITY = 16;

/** A double-ended queue on a circular array: every operation is O(1), growth amortized. */
export class Deque<Item> {
  #slots: (Item | undefined)[] = Array.from({ length: INITIAL_CAPACITY });
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The oldest item. */
  get first(): Item | undefined {
    return this.#length === 0 ? undefined : this.#slots[this.#head];
  }

  pushBack(item: Item): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item;
    this.#length += 1;
  }

  pushFront(item: Item): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#slots.length - 1);
    this.#slots[this.#head] = item;
    this.#length += 1;
  }

  shiftFront(): Item | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length -= 1;
    return item;
  }

  popBack(): Item | undefined {
    if (this.#length === 0) return undefined;
    const index = (this.#head + this.#length - 1) & (this.#slots.length - 1);
    const item = this.#slots[index];
    this.#slots[index] = undefined;
    this.#length -= 1;
    return item;
  }

  /** The capacity stays a power of two, so a mask replaces the modulo. */
  #grow(): void {
    const old = this.#slots;
    this.#slots = Array.from({ length: old.length * 2 });
    for (let index = 0; index < this.#length; index += 1) {
      this.#slots[index] = old[(this.#head + index) & (old.length - 1)];
    }
    this.#head = 0;
  }
}
