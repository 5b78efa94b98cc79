import { Keyword } from '../tokens/keywords';
import type { TokenList } from '../tokens/token-list';
import { CommonTableExpressions, NO_BODY } from './common-table-expressions';
import { isPipeStep } from './lookahead';
import { Level, QueryLevels } from './query-levels';
import { insertStatement } from './statement-targets';
import { SummaryItems } from './summary-items';

/** What the summarizer knows when it reaches a token, and the steps that more than one kind of word takes. */
export class QueryState {
  readonly tokens: TokenList;
  readonly items: SummaryItems;
  readonly levels = new QueryLevels();
  readonly ctes: CommonTableExpressions;
  /** Whether the next word starts a statement. */
  startsStatement = true;
  /** Whether the next word is a relation: it comes after FROM, JOIN or USING. */
  expectsTarget = false;
  /** Whether the next query belongs to the operation before UNION, EXCEPT or INTERSECT. */
  isAfterSetOperator = false;
  /** Whether the statement is a script, which contains statements. */
  isScript = false;

  constructor(tokens: TokenList) {
    this.tokens = tokens;
    this.items = new SummaryItems(tokens);
    this.ctes = new CommonTableExpressions(tokens, this.items, this.levels);
  }

  /** Whether the current token belongs to a script itself, rather than to a statement inside it. */
  isBetweenStatements(): boolean {
    return this.isScript && this.levels.depth === 0 && this.levels.current === Level.NONE;
  }

  /** Adds the operation of the query at `index`. The queries of a UNION count as one operation. */
  queryOperation(index: number): void {
    if (!this.isAfterSetOperator) this.items.operation(index);
    this.isAfterSetOperator = false;
  }

  select(index: number): number {
    const tokens = this.tokens;
    // A step of a query is not a query.
    if (isPipeStep(tokens, index)) return index;
    this.queryOperation(index);
    this.levels.current = Level.SELECT;
    return index;
  }

  table(index: number): number {
    this.isAfterSetOperator = false;
    this.levels.current = Level.TAIL;
    return this.items.source(this.tokens.significant(index + 1));
  }

  insert(index: number): number {
    this.levels.current = Level.INSERT;
    return insertStatement(this.tokens, this.items, index);
  }

  enterFrom(): void {
    this.levels.current = Level.FROM;
    this.expectsTarget = true;
  }

  with(index: number, leadsStatement: boolean): number {
    const body = this.ctes.openFirst(index, leadsStatement);
    return body === NO_BODY ? index : this.enterCte(body);
  }

  /** Enters the body of a common table expression, which opens at `body`. */
  enterCte(body: number): number {
    const tokens = this.tokens;
    const first = tokens.keyword(tokens.significant(body + 1));
    this.startsStatement = first === Keyword.FROM || first === Keyword.TABLE;
    this.expectsTarget = false;
    return body;
  }

  /** Makes the word at `index` the first word of a statement; returns the position before it, to read it again. */
  restartAsStatement(index: number): number {
    this.startsStatement = true;
    return index - 1;
  }
}
