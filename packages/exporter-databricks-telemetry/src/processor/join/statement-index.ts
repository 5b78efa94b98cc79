import type { Statement } from './statement';

/** Finished statements whose ids are remembered at least, so that what comes late is known as such. */
const MIN_FINISHED_IDS = 1_024;

/** A statement that has made its record. */
export const FINISHED = Symbol('finished');

/** Statements in the order they were added; taking one out is O(1). */
export class StatementList {
  #first: Statement | undefined;
  #last: Statement | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): Statement | undefined {
    return this.#first;
  }

  add(statement: Statement): void {
    statement.previous = this.#last;
    if (this.#last === undefined) this.#first = statement;
    else this.#last.next = statement;
    this.#last = statement;
    this.#size += 1;
  }

  remove(statement: Statement): void {
    const { previous, next } = statement;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    statement.previous = statement.next = undefined;
    this.#size -= 1;
  }
}

/**
 * The statements by id, those in flight and the newest of the finished in one map: a span costs one look-up, and a
 * statement five map operations in its life.
 */
export class StatementIndex {
  readonly #byId = new Map<string, Statement | typeof FINISHED>();
  /** Ids of finished statements; a circle. */
  #finishedIds: string[] = [];
  #oldestFinished = 0;
  readonly #maxFinished: number;

  /** @param maxFinished finished statements that are remembered, when more than the least number */
  constructor(maxFinished = 0) {
    this.#maxFinished = Math.max(MIN_FINISHED_IDS, maxFinished);
  }

  /** Statements in flight and remembered ids. */
  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Statement | typeof FINISHED | undefined {
    return this.#byId.get(id);
  }

  add(statement: Statement): void {
    this.#byId.set(statement.id, statement);
  }

  finish(statement: Statement): void {
    this.#byId.set(statement.id, FINISHED);
    const forgotten = this.#finishedIds[this.#oldestFinished];
    if (forgotten !== undefined) this.#byId.delete(forgotten);
    this.#finishedIds[this.#oldestFinished] = statement.id;
    this.#oldestFinished = (this.#oldestFinished + 1) % this.#maxFinished;
  }

  clear(): void {
    this.#byId.clear();
    this.#finishedIds = [];
    this.#oldestFinished = 0;
  }
}
