import { Code } from '../tokens/characters';
import { namePart } from '../tokens/identifiers';
import { Keyword } from '../tokens/keywords';
import type { TokenList } from '../tokens/token-list';
import { Level } from './query-levels';
import type { QueryLevels } from './query-levels';
import type { SummaryItems } from './summary-items';

/** A common table expression whose body the summarizer is reading. */
export interface OpenCte {
  /** In lower case. */
  readonly name: string;
  readonly isRecursive: boolean;
  /** Depth of parentheses of its body. */
  readonly depth: number;
  /** Whether it comes before its statement, rather than inside one. */
  readonly leadsStatement: boolean;
}

/** Returned when no common table expression starts. */
export const NO_BODY = -1;

/** The common table expressions around the current token. */
export class CommonTableExpressions {
  readonly #tokens: TokenList;
  readonly #items: SummaryItems;
  readonly #levels: QueryLevels;
  readonly #open: OpenCte[] = [];
  /** The names that are visible, from the outermost query to the innermost. */
  readonly #visible: OpenCte[] = [];

  constructor(tokens: TokenList, items: SummaryItems, levels: QueryLevels) {
    this.#tokens = tokens;
    this.#items = items;
    this.#levels = levels;
  }

  /**
   * Opens the first expression of the WITH at `index`; returns the position of the `(` of its body, or {@link NO_BODY}.
   * @param leadsStatement whether the WITH comes before its statement, rather than inside one
   */
  openFirst(index: number, leadsStatement: boolean): number {
    const tokens = this.#tokens;
    const name = tokens.significant(index + 1);
    const isRecursive = tokens.keyword(name) === Keyword.RECURSIVE;
    const first = isRecursive ? tokens.significant(name + 1) : name;
    return this.#openBody(first, isRecursive, leadsStatement);
  }

  /** Opens the expression after `previous`, whose body ends at `index`; returns what {@link openFirst} returns. */
  openNext(index: number, previous: OpenCte): number {
    const tokens = this.#tokens;
    const comma = tokens.significant(index + 1);
    if (tokens.operatorAt(comma) !== Code.COMMA) return NO_BODY;
    const name = tokens.significant(comma + 1);
    return this.#openBody(name, previous.isRecursive, previous.leadsStatement);
  }

  /** Returns the expression whose body ended with the parenthesis that was just closed, if there is one. */
  close(): OpenCte | undefined {
    const depth = this.#levels.depth;
    this.#leave(depth);
    const cte = this.#open.at(-1);
    if (cte === undefined || cte.depth <= depth) return undefined;
    this.#open.pop();
    this.#items.isDeferring = this.#open.length > 0;
    // In the body of an expression that is not recursive, its name still means a table.
    if (!cte.isRecursive) this.#show(cte);
    return cte;
  }

  /** Starts over for the next statement. */
  reset(): void {
    this.#open.length = 0;
    this.#leave(NO_DEPTH);
    this.#items.isDeferring = false;
  }

  #show(cte: OpenCte): void {
    this.#items.showCte(cte.name);
    this.#visible.push(cte);
  }

  /** Ends the scope of the expressions whose query is deeper than `depth`. */
  #leave(depth: number): void {
    const visible = this.#visible;
    for (
      let cte = visible.at(-1);
      cte !== undefined && cte.depth > depth + 1;
      cte = visible.at(-1)
    ) {
      this.#items.hideCte(cte.name);
      visible.pop();
    }
  }

  #openBody(index: number, isRecursive: boolean, leadsStatement: boolean): number {
    const items = this.#items;
    const levels = this.#levels;
    const body = levels.isFull ? NO_BODY : bodyStart(this.#tokens, index);
    if (body === NO_BODY) return NO_BODY;
    const name = namePart(this.#tokens, index).toLowerCase();
    levels.open(Level.NONE);
    const cte = { name, isRecursive, depth: levels.depth, leadsStatement };
    if (isRecursive) this.#show(cte);
    this.#open.push(cte);
    items.isDeferring = true;
    return body;
  }
}

/** Less than the depth of any query. */
const NO_DEPTH = -1;

/** `MAX RECURSION LEVEL n` */
const RECURSION_LIMIT_WORDS = 4;

/**
 * Position of the `(` of the body of the common table expression named at `index`: the second one in
 * `x (a, b) AS (…)`. AS is optional.
 */
function bodyStart(tokens: TokenList, index: number): number {
  if (!tokens.isName(index)) return NO_BODY;
  let i = columnListEnd(tokens, tokens.significant(index + 1));
  if (tokens.keyword(i) === Keyword.MAX) {
    for (let word = 0; word < RECURSION_LIMIT_WORDS; word++) i = tokens.significant(i + 1);
  }
  if (tokens.keyword(i) === Keyword.AS) i = tokens.significant(i + 1);
  return tokens.operatorAt(i) === Code.PARENTHESIS_OPEN ? i : NO_BODY;
}

/** Position after the list of names in parentheses at `open`; `open` when there is no such list. */
function columnListEnd(tokens: TokenList, open: number): number {
  if (tokens.operatorAt(open) !== Code.PARENTHESIS_OPEN) return open;
  let i = open;
  do {
    const name = tokens.significant(i + 1);
    // Otherwise this is the body: it begins with two words or with a parenthesis.
    if (!tokens.isName(name)) return open;
    i = tokens.significant(name + 1);
  } while (tokens.operatorAt(i) === Code.COMMA);
  return tokens.operatorAt(i) === Code.PARENTHESIS_CLOSE ? tokens.significant(i + 1) : open;
}
