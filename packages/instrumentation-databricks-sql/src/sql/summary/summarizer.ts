import { Code } from '../tokens/characters';
import { Keyword } from '../tokens/keywords';
import { blockStartEnd, declaredStatement } from '../tokens/statement-starts';
import { type TokenList, TokenKind } from '../tokens/token-list';
import { CommonTableExpressions, NO_BODY } from './common-table-expressions';
import {
  NO_LABEL,
  blockLabelEnd,
  endsFromClause,
  explainEnd,
  follows,
  isInsert,
  isPipeStep,
  isTableQuery,
} from './lookahead';
import { Level, QueryLevels } from './query-levels';
import { OTHER_STATEMENT, singleTargetStatementEnd } from './single-target-statements';
import {
  copyStatement,
  insertStatement,
  mergeStatement,
  objectStatement,
  settingStatement,
  statementEnd,
} from './statement-targets';
import { SummaryItems } from './summary-items';

class Summarizer {
  readonly #tokens: TokenList;
  readonly #items: SummaryItems;
  readonly #levels = new QueryLevels();
  readonly #ctes: CommonTableExpressions;
  #startsStatement = true;
  #expectsTarget = false;
  #isAfterSetOperator = false;
  #isScript = false;

  constructor(tokens: TokenList) {
    this.#tokens = tokens;
    this.#items = new SummaryItems(tokens);
    this.#ctes = new CommonTableExpressions(tokens, this.#items, this.#levels);
  }

  read(): string | undefined {
    const items = this.#items;
    const tokens = this.#tokens;
    const { count } = tokens;
    for (let i = 0; i < count && !items.isFull; i++) {
      const kind = tokens.kind(i);
      if (kind <= TokenKind.COMMENT) continue;
      if (kind === TokenKind.OPERATOR) {
        const code = tokens.operatorAt(i);
        if (code !== Code.DOT) i = this.#operator(i, code);
      } else if (kind === TokenKind.WORD || kind === TokenKind.QUOTED) {
        // Most words do not matter to a summary.
        if (this.#startsStatement || this.#expectsTarget || tokens.keyword(i) !== Keyword.NONE) {
          i = this.#word(i);
        } else {
          this.#isAfterSetOperator = false;
        }
      } else {
        this.#startsStatement = false;
        this.#expectsTarget = false;
        this.#isAfterSetOperator = false;
      }
    }
    return items.toSummary();
  }

  /** Processes the operator at `index`; returns the position of the last token read. */
  #operator(index: number, code: number): number {
    switch (code) {
      case Code.PARENTHESIS_OPEN:
        if (this.#levels.isFull) return this.#tokens.count;
        // The parentheses of `FROM (a JOIN b)` belong to the FROM clause.
        this.#levels.open(this.#expectsTarget ? Level.FROM : Level.NONE);
        return index;
      case Code.PARENTHESIS_CLOSE:
        return this.#close(index);
      case Code.SEMICOLON:
        this.#levels.reset();
        this.#ctes.reset();
        this.#startsStatement = true;
        this.#expectsTarget = false;
        break;
      default:
        this.#startsStatement = false;
        this.#expectsTarget = code === Code.COMMA && this.#levels.current === Level.FROM;
        if (code === Code.PIPE) this.#pipe(index);
    }
    this.#isAfterSetOperator = false;
    return index;
  }

  /** The step after `|>`, or after the `|` that may replace it, can join tables. */
  #pipe(index: number): void {
    const level = this.#levels.current;
    const isLong = this.#tokens.endOf(index) - this.#tokens.start(index) > 1;
    const endsQuery = level === Level.NONE && !this.#isBetweenStatements();
    if (isLong || endsQuery || level === Level.FROM) this.#levels.current = Level.TAIL;
  }

  #close(index: number): number {
    this.#startsStatement = false;
    this.#expectsTarget = false;
    this.#isAfterSetOperator = false;
    if (this.#levels.depth === 0) return index;
    this.#levels.depth--;
    const cte = this.#ctes.close();
    if (cte === undefined) return index;
    const body = this.#ctes.openNext(index, cte);
    if (body !== NO_BODY) return this.#enterCte(body);
    this.#startsStatement = cte.leadsStatement;
    return index;
  }

  /** Processes the word at `index`; returns the position of the last token read. */
  #word(index: number): number {
    const keyword = this.#tokens.keyword(index);
    if (this.#startsStatement) {
      this.#startsStatement = false;
      return this.#statement(index, keyword);
    }
    if (this.#expectsTarget) return this.#relation(index, keyword);
    if (keyword !== Keyword.NONE) return this.#clause(index, keyword);
    this.#isAfterSetOperator = false;
    return index;
  }

  /** Processes a word inside a statement. */
  #clause(index: number, keyword: number): number {
    const tokens = this.#tokens;
    const level = this.#levels.current;
    switch (keyword) {
      case Keyword.SELECT:
        return this.#select(index);
      case Keyword.FROM:
        // `a IS DISTINCT FROM b` is a comparison.
        if (level === Level.SELECT && !follows(tokens, index, Keyword.DISTINCT)) this.#enterFrom();
        break;
      case Keyword.JOIN:
        this.#expectsTarget = level === Level.FROM || level === Level.TAIL;
        break;
      case Keyword.USING:
        if (level === Level.MERGE) {
          this.#levels.current = Level.NAMED;
          this.#expectsTarget = true;
        }
        break;
      case Keyword.UNION:
      case Keyword.EXCEPT:
      case Keyword.INTERSECT:
      case Keyword.MINUS:
        this.#levels.leaveFrom();
        this.#isAfterSetOperator = true;
        return index;
      case Keyword.ALL:
      case Keyword.DISTINCT:
        return index;
      case Keyword.INSERT:
        // `FROM a INSERT INTO b SELECT … INSERT INTO c SELECT …`
        return isInsert(tokens, index) ? this.#insert(index) : index;
      case Keyword.TABLE:
        // `a UNION TABLE b`
        return this.#isAfterSetOperator ? this.#table(index) : index;
      case Keyword.WITH:
        return this.#with(index, false);
      case Keyword.DO:
        // DO ends the query of a FOR.
        if (this.#isScript) this.#levels.current = Level.NONE;
        this.#startsStatement = this.#isScript;
        break;
      case Keyword.BEGIN:
        if (!this.#isBetweenStatements()) break;
        this.#startsStatement = true;
        return blockStartEnd(tokens, index);
      case Keyword.ELSE:
      case Keyword.LOOP:
      case Keyword.REPEAT:
      case Keyword.THEN:
        this.#startsStatement = this.#isBetweenStatements();
        break;
      default:
        if (endsFromClause(keyword)) this.#levels.leaveFrom();
    }
    this.#isAfterSetOperator = false;
    return index;
  }

  /** Whether the current token belongs to a script itself, rather than to a statement inside it. */
  #isBetweenStatements(): boolean {
    return this.#isScript && this.#levels.depth === 0 && this.#levels.current === Level.NONE;
  }

  #table(index: number): number {
    this.#isAfterSetOperator = false;
    this.#levels.current = Level.TAIL;
    return this.#items.target(this.#tokens.significant(index + 1));
  }

  #enterFrom(): void {
    this.#levels.current = Level.FROM;
    this.#expectsTarget = true;
  }

  /** Processes the first word of a statement. */
  #statement(index: number, keyword: number): number {
    const items = this.#items;
    const tokens = this.#tokens;
    switch (keyword) {
      case Keyword.SELECT:
        return this.#select(index);
      case Keyword.WITH:
        return this.#with(index, true);
      case Keyword.FROM:
        items.operation(index);
        this.#enterFrom();
        return index;
      case Keyword.TABLE:
        items.operation(index);
        return this.#table(index);
      case Keyword.VALUES:
        items.operation(index);
        this.#levels.current = Level.TAIL;
        return index;
      case Keyword.EXPLAIN:
        items.operation(index);
        this.#startsStatement = true;
        return explainEnd(tokens, index);
      case Keyword.INSERT:
        return this.#insert(index);
      case Keyword.DELETE:
        items.operation(index);
        this.#levels.current = Level.SELECT;
        return index;
      case Keyword.UPDATE:
        items.operation(index);
        this.#levels.current = Level.NAMED;
        return items.target(tokens.significant(index + 1));
      case Keyword.MERGE:
        this.#levels.current = Level.MERGE;
        return mergeStatement(tokens, items, index);
      case Keyword.COPY:
        return copyStatement(tokens, items, index);
      case Keyword.BEGIN:
        if (!this.#isScript) items.operation(index);
        this.#isScript = true;
        this.#startsStatement = true;
        return blockStartEnd(tokens, index);
      case Keyword.DECLARE:
        return this.#isScript
          ? this.#declaration(index)
          : objectStatement(tokens, items, index, false);
      case Keyword.SET:
        // The summary leaves out the variables of a script.
        return this.#isScript
          ? statementEnd(tokens, index)
          : settingStatement(tokens, items, index);
      default: {
        const end = singleTargetStatementEnd(tokens, items, index);
        if (end !== OTHER_STATEMENT) return end;
        // In a script this is an IF, ELSE, WHILE or label that contains statements.
        if (this.#isScript) return this.#clause(index, keyword);
        const label = blockLabelEnd(tokens, index);
        if (label === NO_LABEL) return statementEnd(tokens, index);
        this.#startsStatement = true;
        return label;
      }
    }
  }

  /** The summary shows the statements of cursors and handlers, and leaves out variables. */
  #declaration(index: number): number {
    const tokens = this.#tokens;
    const statement = declaredStatement(tokens, index);
    if (statement === -1) return statementEnd(tokens, index);
    this.#startsStatement = true;
    return statement - 1;
  }

  #select(index: number): number {
    const items = this.#items;
    const tokens = this.#tokens;
    // A step of a query is not a query.
    if (isPipeStep(tokens, index)) return index;
    // The queries of a UNION count as one operation.
    if (!this.#isAfterSetOperator) items.operation(index);
    this.#isAfterSetOperator = false;
    this.#levels.current = Level.SELECT;
    return index;
  }

  #insert(index: number): number {
    this.#levels.current = Level.NAMED;
    return insertStatement(this.#tokens, this.#items, index);
  }

  #with(index: number, leadsStatement: boolean): number {
    const body = this.#ctes.openFirst(index, leadsStatement);
    return body === NO_BODY ? index : this.#enterCte(body);
  }

  /** Enters the body of a common table expression, which opens at `body`. */
  #enterCte(body: number): number {
    const tokens = this.#tokens;
    const first = tokens.keyword(tokens.significant(body + 1));
    this.#startsStatement = first === Keyword.FROM || first === Keyword.TABLE;
    this.#expectsTarget = false;
    return body;
  }

  /** Processes the word after FROM, JOIN or USING: a table, a function, or the beginning of a query. */
  #relation(index: number, keyword: number): number {
    const tokens = this.#tokens;
    const next = tokens.significant(index + 1);
    const isCall = tokens.operatorAt(next) === Code.PARENTHESIS_OPEN;
    this.#expectsTarget = false;
    switch (keyword) {
      case Keyword.FROM:
        return this.#statement(index, keyword);
      case Keyword.SELECT:
      case Keyword.WITH:
        return this.#clause(index, keyword);
      case Keyword.LATERAL:
        // A function or a query follows, not a table.
        return isCall ? index : next;
      case Keyword.STREAM:
        this.#expectsTarget = isCall || tokens.isName(next);
        return this.#expectsTarget ? index : this.#items.target(index);
      case Keyword.TABLE:
        this.#expectsTarget = isCall;
        if (isCall) return index;
        return isTableQuery(tokens, index)
          ? this.#statement(index, keyword)
          : this.#items.target(index);
      case Keyword.VALUES:
        return tokens.isName(next) || next === tokens.count ? this.#items.target(index) : index;
      default:
        return this.#items.target(index);
    }
  }
}

/**
 * Returns the operations and targets of `tokens` in order, at most 255 characters; `undefined` for an unknown kind of
 * statement.
 */
export function summarizeTokens(tokens: TokenList): string | undefined {
  return new Summarizer(tokens).read();
}
