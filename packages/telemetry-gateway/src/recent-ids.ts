/** The newest ids of a stream in bounded memory: two generations, of which the older is discarded as a whole. */
export class RecentIds {
  readonly #generationSize: number;
  #current = new Set<string>();
  #previous = new Set<string>();

  /** @param generationSize as many of the newest ids are known at least, and twice as many kept at most */
  constructor(generationSize: number) {
    this.#generationSize = generationSize;
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
}
