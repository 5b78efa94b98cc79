/** Where in a statement one level of parentheses is. */
export const Level = {
  NONE: 0,
  /** After SELECT or DELETE: the next FROM names targets. */
  SELECT: 1,
  /** In a FROM clause: commas and joins name further targets. */
  FROM: 2,
  /** After the FROM clause. */
  TAIL: 3,
  /** In a MERGE: the next USING names the source. */
  MERGE: 4,
  /** In a statement that has named its targets. */
  NAMED: 5,
  /** In an INSERT that has named its target: TABLE and FROM start its query. */
  INSERT: 6,
  /** In the rows of `FROM VALUES …`: commas separate rows. */
  VALUES: 7,
} as const;

/** Queries nested deeper than this are not summarized. */
const MAX_DEPTH = 255;

/** The {@link Level} of each open parenthesis around the current token; depth 0 is the statement itself. */
export class QueryLevels {
  depth = 0;
  readonly #levels: number[] = [Level.NONE];

  get current(): number {
    return this.#levels[this.depth] as number;
  }

  set current(level: number) {
    this.#levels[this.depth] = level;
  }

  get isFull(): boolean {
    return this.depth === MAX_DEPTH;
  }

  open(level: number): void {
    this.depth++;
    this.current = level;
  }

  /** Ends the FROM clause of the current level, if the level is in one. */
  leaveFrom(): void {
    if (this.current === Level.FROM || this.current === Level.VALUES) this.current = Level.TAIL;
  }

  /** Starts over at depth 0, for the next statement. */
  reset(): void {
    this.depth = 0;
    this.current = Level.NONE;
  }
}
