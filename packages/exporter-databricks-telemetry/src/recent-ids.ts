/**
 * The newest ids of a stream, in bounded memory and O(1): two generations, of which the older is discarded as a
 * whole. Knows at least the `generationSize` newest ids and keeps at most twice as many.
 */
export class RecentIds {
  readonly #generationSize: number;
  #current = new Set<string>();
  #previous = new Set<string>();

  constructor(generationSize: number) {
    this.#generationSize = generationSize;
  }

  get size(): number {
    return this.#current.size + this.#previous.size;
  }

  add(id: string): void {
    if (this.#current.size >= this.#generationSize) {
      this.#previous = this.#current;
      this.#current = new Set();
    }
    this.#current.add(id);
  }

  has(id: string): boolean {
    return this.#current.has(id) || this.#previous.has(id);
  }

  clear(): void {
    this.#current.clear();
    this.#previous.clear();
  }
}
