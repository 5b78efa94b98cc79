import { Code as codesByName } from './characters';
import { NO_BODY, type OpenCte, cteBody } from './common-table-expressions';
import { NO_HEAD, headEnd } from './head-statements';
import { Keyword as keywordsByName } from './keywords';
import { namePart } from './names';
import {
  copyHead,
  insertHead,
  mergeHead,
  objectHead,
  settingHead,
  statementEnd,
} from './statement-heads';
import { blockHeadEnd, declaredStatement } from './statement-starts';
import { SummaryItems } from './summary-items';
import { type TokenList, TokenKind as kindsByName } from './tokens';

// Constants of this module: the engine folds them, as it does not the members of what is imported.
const Code = codesByName;
const Keyword = keywordsByName;
const TokenKind = kindsByName;

/** Queries nested deeper than this are not looked into. */
const MAX_DEPTH = 255;

/** Where in a statement a level of parentheses is. */
const LEVEL_NONE = 0;
/** After SELECT or DELETE: the next FROM names targets. */
const LEVEL_SELECT = 1;
/** In a FROM clause: commas and joins name further targets. */
const LEVEL_FROM = 2;
/** Past the FROM clause. */
const LEVEL_TAIL = 3;
/** In a MERGE: the next USING names the source. */
const LEVEL_MERGE = 4;
/** In a statement that has named its targets. */
const LEVEL_NAMED = 5;

class SummaryReader {
  private readonly items: SummaryItems;
  private readonly levels: number[] = [LEVEL_NONE];
  private readonly openCtes: OpenCte[] = [];
  private depth = 0;
  private startsStatement = true;
  private expectsTarget = false;
  private isAfterSetOperator = false;
  private isScript = false;

  constructor(private readonly tokens: TokenList) {
    this.items = new SummaryItems(tokens);
  }

  read(): string | undefined {
    const { items, tokens } = this;
    const { count } = tokens;
    for (let i = 0; i < count && !items.isFull; i++) {
      const kind = tokens.kind(i);
      if (kind <= TokenKind.COMMENT) continue;
      if (kind === TokenKind.OPERATOR) {
        const code = tokens.operatorAt(i);
        if (code !== Code.DOT) i = this.operator(i, code);
      } else if (kind === TokenKind.WORD || kind === TokenKind.QUOTED) {
        // Most words are none that a summary looks at.
        if (this.startsStatement || this.expectsTarget || tokens.keyword(i) !== Keyword.NONE) {
          i = this.word(i);
        } else {
          this.isAfterSetOperator = false;
        }
      } else {
        this.startsStatement = false;
        this.expectsTarget = false;
        this.isAfterSetOperator = false;
      }
    }
    return items.toSummary();
  }

  /** Acts on the operator at `index`; returns the position of the last token it took. */
  private operator(index: number, code: number): number {
    switch (code) {
      case Code.PARENTHESIS_OPEN:
        if (this.depth === MAX_DEPTH) return this.tokens.count;
        // In `FROM (a JOIN b)` the parentheses are still in the FROM clause.
        this.open(this.expectsTarget ? LEVEL_FROM : LEVEL_NONE);
        return index;
      case Code.PARENTHESIS_CLOSE:
        return this.close(index);
      case Code.SEMICOLON:
        this.depth = 0;
        this.setLevel(LEVEL_NONE);
        this.openCtes.length = 0;
        this.items.isDeferring = false;
        this.startsStatement = true;
        this.expectsTarget = false;
        break;
      default:
        this.startsStatement = false;
        this.expectsTarget = code === Code.COMMA && this.levels[this.depth] === LEVEL_FROM;
        if (code === Code.PIPE) this.pipe(index);
    }
    this.isAfterSetOperator = false;
    return index;
  }

  private open(level: number): void {
    this.depth++;
    this.setLevel(level);
  }

  private setLevel(level: number): void {
    this.levels[this.depth] = level;
  }

  private leaveFrom(): void {
    if (this.levels[this.depth] === LEVEL_FROM) this.setLevel(LEVEL_TAIL);
  }

  /** What comes after `|>` may join tables, and so may what comes after the `|` that stands for it. */
  private pipe(index: number): void {
    const level = this.levels[this.depth];
    const isLong = this.tokens.endOf(index) - this.tokens.start(index) > 1;
    const endsQuery = level === LEVEL_NONE && !this.isBetweenStatements();
    if (isLong || endsQuery || level === LEVEL_FROM) this.setLevel(LEVEL_TAIL);
  }

  private close(index: number): number {
    this.startsStatement = false;
    this.expectsTarget = false;
    this.isAfterSetOperator = false;
    if (this.depth === 0) return index;
    this.depth--;
    const cte = this.openCtes.at(-1);
    return cte !== undefined && cte.depth > this.depth ? this.closeCte(index, cte) : index;
  }

  private closeCte(index: number, cte: OpenCte): number {
    const { items, openCtes, tokens } = this;
    openCtes.pop();
    items.isDeferring = openCtes.length > 0;
    // Inside its own body the name still means a table, unless the expression is recursive.
    if (!cte.isRecursive) items.nameCte(cte.name);
    const comma = tokens.significant(index + 1);
    if (tokens.operatorAt(comma) === Code.COMMA) {
      const name = tokens.significant(comma + 1);
      const body = this.openCte(name, cte.isRecursive, cte.leadsStatement);
      if (body !== NO_BODY) return body;
    }
    this.startsStatement = cte.leadsStatement;
    return index;
  }

  /** Acts on the word at `index`; returns the position of the last token it took. */
  private word(index: number): number {
    const keyword = this.tokens.keyword(index);
    if (this.startsStatement) {
      this.startsStatement = false;
      return this.statement(index, keyword);
    }
    if (this.expectsTarget) return this.relation(index, keyword);
    if (keyword !== Keyword.NONE) return this.clause(index, keyword);
    this.isAfterSetOperator = false;
    return index;
  }

  /** Acts on a word inside a statement. */
  private clause(index: number, keyword: number): number {
    const level = this.levels[this.depth];
    switch (keyword) {
      case Keyword.SELECT:
        return this.select(index);
      case Keyword.FROM:
        // `a IS DISTINCT FROM b` compares, and so may stand before the FROM clause.
        if (level === LEVEL_SELECT && !this.follows(index, Keyword.DISTINCT)) this.enterFrom();
        break;
      case Keyword.JOIN:
        this.expectsTarget = level === LEVEL_FROM || level === LEVEL_TAIL;
        break;
      case Keyword.USING:
        if (level === LEVEL_MERGE) {
          this.setLevel(LEVEL_NAMED);
          this.expectsTarget = true;
        }
        break;
      case Keyword.UNION:
      case Keyword.EXCEPT:
      case Keyword.INTERSECT:
      case Keyword.MINUS:
        this.leaveFrom();
        this.isAfterSetOperator = true;
        return index;
      case Keyword.ALL:
      case Keyword.DISTINCT:
        return index;
      case Keyword.CLUSTER:
      case Keyword.DISTRIBUTE:
      case Keyword.GROUP:
      case Keyword.HAVING:
      case Keyword.LATERAL:
      case Keyword.LIMIT:
      case Keyword.ORDER:
      case Keyword.QUALIFY:
      case Keyword.SORT:
      case Keyword.WHERE:
      case Keyword.WINDOW:
        this.leaveFrom();
        break;
      case Keyword.INSERT:
        // `FROM a INSERT INTO b SELECT … INSERT INTO c SELECT …`
        return this.isMultiInsert(index) ? this.insert(index) : index;
      case Keyword.TABLE:
        // `a UNION TABLE b`
        return this.isAfterSetOperator ? this.table(index) : index;
      case Keyword.WITH:
        return this.with(index, false);
      case Keyword.DO:
        // It ends the query of a FOR.
        if (this.isScript) this.setLevel(LEVEL_NONE);
        this.startsStatement = this.isScript;
        break;
      case Keyword.BEGIN:
        if (!this.isBetweenStatements()) break;
        this.startsStatement = true;
        return blockHeadEnd(this.tokens, index);
      case Keyword.ELSE:
      case Keyword.LOOP:
      case Keyword.REPEAT:
      case Keyword.THEN:
        this.startsStatement = this.isBetweenStatements();
        break;
    }
    this.isAfterSetOperator = false;
    return index;
  }

  /** Whether what is being read belongs to the script itself, and not to a statement in it. */
  private isBetweenStatements(): boolean {
    return this.isScript && this.depth === 0 && this.levels[0] === LEVEL_NONE;
  }

  private table(index: number): number {
    this.isAfterSetOperator = false;
    this.setLevel(LEVEL_TAIL);
    return this.items.target(this.tokens.significant(index + 1));
  }

  private enterFrom(): void {
    this.setLevel(LEVEL_FROM);
    this.expectsTarget = true;
  }

  /** Acts on the first word of a statement. */
  private statement(index: number, keyword: number): number {
    const { items, tokens } = this;
    switch (keyword) {
      case Keyword.SELECT:
        return this.select(index);
      case Keyword.WITH:
        return this.with(index, true);
      case Keyword.FROM:
        items.operation(index);
        this.enterFrom();
        return index;
      case Keyword.TABLE:
        items.operation(index);
        return this.table(index);
      case Keyword.VALUES:
        items.operation(index);
        this.setLevel(LEVEL_TAIL);
        return index;
      case Keyword.EXPLAIN:
        return this.explain(index);
      case Keyword.INSERT:
        return this.insert(index);
      case Keyword.DELETE:
        items.operation(index);
        this.setLevel(LEVEL_SELECT);
        return index;
      case Keyword.UPDATE:
        items.operation(index);
        this.setLevel(LEVEL_NAMED);
        return items.target(tokens.significant(index + 1));
      case Keyword.MERGE:
        this.setLevel(LEVEL_MERGE);
        return mergeHead(tokens, items, index);
      case Keyword.COPY:
        return copyHead(tokens, items, index);
      case Keyword.BEGIN:
        if (!this.isScript) items.operation(index);
        this.isScript = true;
        this.startsStatement = true;
        return blockHeadEnd(tokens, index);
      case Keyword.DECLARE:
        return this.isScript ? this.declaration(index) : objectHead(tokens, items, index, false);
      case Keyword.SET:
        // The variables of a script are its own affair.
        return this.isScript ? statementEnd(tokens, index) : settingHead(tokens, items, index);
      default: {
        const end = headEnd(tokens, items, index);
        if (end !== NO_HEAD) return end;
        // In a script this is the IF, ELSE, WHILE or label that other statements are in.
        return this.isScript ? this.clause(index, keyword) : this.labelled(index);
      }
    }
  }

  /** `label: BEGIN …`, or a statement of no known kind. */
  private labelled(index: number): number {
    const { tokens } = this;
    const colon = tokens.significant(index + 1);
    if (tokens.operatorAt(colon) !== Code.COLON) return statementEnd(tokens, index);
    const next = tokens.significant(colon + 1);
    if (tokens.keyword(next) !== Keyword.BEGIN) return statementEnd(tokens, index);
    this.startsStatement = true;
    return colon;
  }

  /** The variables of a script are its own affair, the statements its cursors and handlers hold are not. */
  private declaration(index: number): number {
    const { tokens } = this;
    const statement = declaredStatement(tokens, index);
    if (statement === -1) return statementEnd(tokens, index);
    this.startsStatement = true;
    return statement - 1;
  }

  private explain(index: number): number {
    const { tokens } = this;
    this.items.operation(index);
    this.startsStatement = true;
    const mode = tokens.significant(index + 1);
    switch (tokens.keyword(mode)) {
      case Keyword.CODEGEN:
      case Keyword.COST:
      case Keyword.EXTENDED:
      case Keyword.FORMATTED:
        return mode;
      default:
        return index;
    }
  }

  private select(index: number): number {
    const { items, tokens } = this;
    // `|> SELECT` is a step of a query, not a query.
    const before = tokens.significantBefore(index);
    if (before !== -1 && tokens.operatorAt(before) === Code.PIPE) return index;
    // The queries of a UNION are one operation.
    if (!this.isAfterSetOperator) items.operation(index);
    this.isAfterSetOperator = false;
    this.setLevel(LEVEL_SELECT);
    return index;
  }

  private isMultiInsert(index: number): boolean {
    const next = this.tokens.keyword(this.tokens.significant(index + 1));
    return next === Keyword.INTO || next === Keyword.OVERWRITE;
  }

  private insert(index: number): number {
    this.setLevel(LEVEL_NAMED);
    return insertHead(this.tokens, this.items, index);
  }

  private with(index: number, leadsStatement: boolean): number {
    const { tokens } = this;
    const name = tokens.significant(index + 1);
    const isRecursive = tokens.keyword(name) === Keyword.RECURSIVE;
    const first = isRecursive ? tokens.significant(name + 1) : name;
    const body = this.openCte(first, isRecursive, leadsStatement);
    return body === NO_BODY ? index : body;
  }

  /** Opens the body of the common table expression named at `index`; returns the position of its `(`. */
  private openCte(index: number, isRecursive: boolean, leadsStatement: boolean): number {
    const { items, tokens } = this;
    const body = this.depth === MAX_DEPTH ? NO_BODY : cteBody(tokens, index);
    if (body === NO_BODY) return NO_BODY;
    const name = namePart(tokens, index).toLowerCase();
    if (isRecursive) items.nameCte(name);
    const first = tokens.keyword(tokens.significant(body + 1));
    this.startsStatement = first === Keyword.FROM || first === Keyword.TABLE;
    this.expectsTarget = false;
    this.open(LEVEL_NONE);
    this.openCtes.push({ name, isRecursive, depth: this.depth, leadsStatement });
    items.isDeferring = true;
    return body;
  }

  /** Acts on the word that FROM, JOIN or USING names: a table, a function, or the beginning of a query. */
  private relation(index: number, keyword: number): number {
    const { tokens } = this;
    const next = tokens.significant(index + 1);
    const isCall = tokens.operatorAt(next) === Code.PARENTHESIS_OPEN;
    this.expectsTarget = false;
    switch (keyword) {
      case Keyword.FROM:
        return this.statement(index, keyword);
      case Keyword.SELECT:
      case Keyword.WITH:
        return this.clause(index, keyword);
      case Keyword.LATERAL:
        // What follows is computed from the row: a function or a query, no table.
        return isCall ? index : next;
      case Keyword.STREAM:
        this.expectsTarget = isCall || tokens.isName(next);
        return this.expectsTarget ? index : this.items.target(index);
      case Keyword.TABLE:
        this.expectsTarget = isCall;
        if (isCall) return index;
        return this.isTableQuery(index, next)
          ? this.statement(index, keyword)
          : this.items.target(index);
      case Keyword.VALUES:
        return tokens.isName(next) || next === tokens.count ? this.items.target(index) : index;
      default:
        return this.items.target(index);
    }
  }

  /** Whether `(TABLE orders)` is at `index`, rather than a table of that name and its alias. */
  private isTableQuery(index: number, next: number): boolean {
    const { tokens } = this;
    const open = tokens.significantBefore(index);
    if (open === -1 || tokens.operatorAt(open) !== Code.PARENTHESIS_OPEN) return false;
    if (!tokens.isName(next)) return false;
    const after = tokens.operatorAt(tokens.significant(next + 1));
    return after === Code.PARENTHESIS_CLOSE || after === Code.DOT;
  }

  private follows(index: number, keyword: number): boolean {
    const before = this.tokens.significantBefore(index);
    return before !== -1 && this.tokens.keyword(before) === keyword;
  }
}

/** Operations and targets in order, at most 255 characters; `undefined` when the statement is of no known kind. */
export function summarizeTokens(tokens: TokenList): string | undefined {
  return new SummaryReader(tokens).read();
}
