import { Keyword } from './keywords';
import { isMaskedName } from './sanitize';
import { type TokenList, TokenKind } from './tokenizer';

/** The conventions' bound on `db.query.summary`, in UTF-16 units. */
const MAX_SUMMARY_LENGTH = 255;
/** Queries nested deeper than this are not looked into. */
const MAX_DEPTH = 255;

const PARENTHESIS_OPEN = 0x28;
const PARENTHESIS_CLOSE = 0x29;
const COMMA = 0x2c;
const DOT = 0x2e;
const SEMICOLON = 0x3b;
const PIPE = 0x7c;

/** Where in a query a parenthesis level is. */
const LEVEL_NONE = 0;
/** After SELECT or DELETE: the next FROM names targets. */
const LEVEL_SELECT = 1;
/** In a FROM clause: commas and joins name further targets. */
const LEVEL_FROM = 2;
/** Past the FROM clause. */
const LEVEL_TAIL = 3;
/** In a MERGE: the next USING names the source. */
const LEVEL_MERGE = 4;
/** Flag on a level: it is the body of a common table expression. */
const LEVEL_IS_CTE = 8;
const LEVEL_MASK = 7;

/** A name without back quotes is told apart from its neighbours by blanks and dots only. */
const SAFE_NAME = /^[\p{L}\p{N}_-]+$/u;

/** What kind of object a statement is about; it is part of the summary. */
const OBJECT_TYPES = new Set<number>([
  Keyword.CATALOG,
  Keyword.CONNECTION,
  Keyword.CREDENTIAL,
  Keyword.DATABASE,
  Keyword.FUNCTION,
  Keyword.INDEX,
  Keyword.LOCATION,
  Keyword.METASTORE,
  Keyword.POLICY,
  Keyword.PROCEDURE,
  Keyword.PROVIDER,
  Keyword.RECIPIENT,
  Keyword.ROLE,
  Keyword.SCHEMA,
  Keyword.SEQUENCE,
  Keyword.SHARE,
  Keyword.TABLE,
  Keyword.TABLES,
  Keyword.TRIGGER,
  Keyword.USER,
  Keyword.VARIABLE,
  Keyword.VAR,
  Keyword.VIEW,
  Keyword.VOLUME,
]);

/** Words between an operation and its target that say nothing of either. */
const FILLERS = new Set<number>([
  Keyword.EVOLUTION,
  Keyword.EXISTS,
  Keyword.EXTENDED,
  Keyword.FORMATTED,
  Keyword.FROM,
  Keyword.IF,
  Keyword.IN,
  Keyword.INTO,
  Keyword.LAZY,
  Keyword.LOCAL,
  Keyword.MATERIALIZED,
  Keyword.NOT,
  Keyword.ON,
  Keyword.OR,
  Keyword.OVERWRITE,
  Keyword.REPLACE,
  Keyword.STREAMING,
  Keyword.WITH,
]);

/** Routines hold statements of their own, which do not run when the routine is created. */
const ROUTINE_TYPES = new Set<number>([Keyword.FUNCTION, Keyword.PROCEDURE, Keyword.TRIGGER]);

class SummaryReader {
  private main = '';
  private isMainFull = false;
  /** Operations and targets of the common table expressions, told after the statement they serve. */
  private readonly deferred: string[] = [];
  private deferredLength = 0;
  private readonly cteNames = new Set<string>();
  private readonly openCtes: { name: string; isRecursive: boolean; startsStatement: boolean }[] =
    [];

  private readonly levels = new Uint8Array(MAX_DEPTH + 1);
  private depth = 0;
  private startsStatement = true;
  private expectsTarget = false;
  private isAfterSetOperator = false;
  private isScript = false;

  constructor(
    private readonly text: string,
    private readonly tokens: TokenList,
  ) {}

  read(): string | undefined {
    const { tokens, text } = this;
    const { kinds, count } = tokens;
    for (let i = 0; i < count; i++) {
      const kind = kinds[i] as number;
      if (kind <= TokenKind.COMMENT) continue;
      if (kind === TokenKind.WORD || kind === TokenKind.QUOTED) {
        i = this.word(i);
        if (this.isMainFull) break;
      } else if (kind === TokenKind.OPERATOR) {
        const code = text.charCodeAt(tokens.start(i));
        if (code === PARENTHESIS_OPEN) {
          if (this.depth === MAX_DEPTH) break;
          this.open(LEVEL_NONE);
        } else if (code === PARENTHESIS_CLOSE) {
          i = this.close(i);
        } else if (code === COMMA) {
          this.expectsTarget = this.levels[this.depth] === LEVEL_FROM;
        } else if (code === SEMICOLON) {
          this.nextStatement();
        } else {
          if (code === PIPE && this.levels[this.depth] === LEVEL_FROM) {
            this.levels[this.depth] = LEVEL_TAIL;
          }
          this.startsStatement = false;
          this.expectsTarget = false;
        }
        this.isAfterSetOperator &&= code === PARENTHESIS_OPEN;
      } else if (kind === TokenKind.UNKNOWN) {
        break;
      } else {
        this.startsStatement = false;
        this.expectsTarget = false;
      }
    }
    return this.joined();
  }

  private nextStatement(): void {
    this.depth = 0;
    this.levels[0] = LEVEL_NONE;
    this.startsStatement = true;
    this.expectsTarget = false;
    this.openCtes.length = 0;
  }

  private open(level: number): void {
    // `FROM (a JOIN b)`: the parentheses are still in the FROM clause.
    this.levels[++this.depth] = this.expectsTarget ? LEVEL_FROM : level;
  }

  private close(index: number): number {
    this.expectsTarget = false;
    this.startsStatement = false;
    if (this.depth === 0) return index;
    const level = this.levels[this.depth--] as number;
    if ((level & LEVEL_IS_CTE) === 0) return index;
    const cte = this.openCtes.pop();
    if (cte === undefined) return index;
    if (!cte.isRecursive) this.cteNames.add(cte.name);
    const { tokens } = this;
    const next = tokens.significant(index + 1);
    if (this.operatorAt(next) === COMMA) {
      const body = this.cteBody(tokens.significant(next + 1), cte.isRecursive, cte.startsStatement);
      if (body !== -1) return body;
    }
    this.startsStatement = cte.startsStatement;
    return index;
  }

  /** Acts on the word at `index`; returns the position of the last token it took. */
  private word(index: number): number {
    const { tokens } = this;
    const keyword = tokens.keywords[index] as number;
    if (this.startsStatement) {
      this.startsStatement = false;
      return this.statement(index, keyword);
    }
    if (this.expectsTarget) return this.relation(index, keyword);
    if (keyword === Keyword.NONE) {
      this.isAfterSetOperator = false;
      return index;
    }
    return this.clause(index, keyword);
  }

  private clause(index: number, keyword: number): number {
    const { levels, depth } = this;
    const level = (levels[depth] as number) & LEVEL_MASK;
    switch (keyword) {
      case Keyword.SELECT:
        return this.select(index);
      case Keyword.FROM:
        if (level === LEVEL_SELECT && !this.follows(index, Keyword.DISTINCT)) {
          this.setLevel(LEVEL_FROM);
          this.expectsTarget = true;
        }
        break;
      case Keyword.JOIN:
        if (level === LEVEL_FROM || level === LEVEL_TAIL) this.expectsTarget = true;
        break;
      case Keyword.USING:
        if (level === LEVEL_MERGE) {
          this.setLevel(LEVEL_TAIL);
          this.expectsTarget = true;
        }
        break;
      case Keyword.UNION:
      case Keyword.EXCEPT:
      case Keyword.INTERSECT:
      case Keyword.MINUS:
        if (level === LEVEL_FROM) this.setLevel(LEVEL_TAIL);
        this.isAfterSetOperator = true;
        return index;
      case Keyword.ALL:
      case Keyword.DISTINCT:
        return index;
      case Keyword.LATERAL:
      case Keyword.WHERE:
      case Keyword.GROUP:
      case Keyword.ORDER:
      case Keyword.HAVING:
      case Keyword.LIMIT:
      case Keyword.QUALIFY:
      case Keyword.WINDOW:
      case Keyword.CLUSTER:
      case Keyword.DISTRIBUTE:
      case Keyword.SORT:
        if (level === LEVEL_FROM) this.setLevel(LEVEL_TAIL);
        break;
      case Keyword.INSERT:
        // `FROM a INSERT INTO b SELECT … INSERT INTO c SELECT …`
        if (level === LEVEL_FROM || level === LEVEL_TAIL) return this.insert(index);
        break;
      case Keyword.WITH:
        return this.with(index, false);
      case Keyword.BEGIN:
      case Keyword.DO:
      case Keyword.ELSE:
      case Keyword.LOOP:
      case Keyword.REPEAT:
      case Keyword.THEN:
        this.startsStatement = this.isScript;
        break;
    }
    this.isAfterSetOperator = false;
    return index;
  }

  private setLevel(level: number): void {
    const { levels, depth } = this;
    levels[depth] = ((levels[depth] as number) & LEVEL_IS_CTE) | level;
  }

  /** Reads the beginning of the statement that starts at `index`. */
  private statement(index: number, keyword: number): number {
    switch (keyword) {
      case Keyword.SELECT:
        return this.select(index);
      case Keyword.WITH:
        return this.with(index, true);
      case Keyword.FROM:
        this.operation(index);
        this.setLevel(LEVEL_FROM);
        this.expectsTarget = true;
        return index;
      case Keyword.VALUES:
        this.operation(index);
        return index;
      case Keyword.EXPLAIN: {
        this.operation(index);
        let i = this.tokens.significant(index + 1);
        while (this.isExplainMode(i)) i = this.tokens.significant(i + 1);
        this.startsStatement = true;
        return i - 1;
      }
      case Keyword.INSERT:
        return this.insert(index);
      case Keyword.DELETE:
        this.operation(index);
        this.setLevel(LEVEL_SELECT);
        return index;
      case Keyword.UPDATE: {
        this.operation(index);
        this.setLevel(LEVEL_NONE);
        return this.target(this.tokens.significant(index + 1));
      }
      case Keyword.MERGE:
        this.operation(index);
        this.setLevel(LEVEL_MERGE);
        return this.targetAfter(index, Keyword.INTO);
      case Keyword.COPY: {
        const into = this.tokens.significant(index + 1);
        this.operation(index);
        if (this.tokens.keywords[into] !== Keyword.INTO) return index;
        this.operation(into);
        return this.target(this.tokens.significant(into + 1));
      }
      case Keyword.BEGIN:
        if (!this.isScript) this.operation(index);
        this.isScript = true;
        this.startsStatement = true;
        return index;
      case Keyword.CREATE:
      case Keyword.ALTER:
      case Keyword.DROP:
      case Keyword.UNDROP:
        return this.definition(index, true);
      case Keyword.DECLARE:
      case Keyword.SET:
        if (this.isScript) return this.skipStatement(index);
        if (keyword === Keyword.SET) return this.setting(index);
        return this.definition(index, false);
      case Keyword.ANALYZE:
      case Keyword.CACHE:
      case Keyword.CALL:
      case Keyword.EXEC:
      case Keyword.OPTIMIZE:
      case Keyword.REFRESH:
      case Keyword.REORG:
      case Keyword.REPAIR:
      case Keyword.RESET:
      case Keyword.RESTORE:
      case Keyword.SYNC:
      case Keyword.TABLE:
      case Keyword.TRUNCATE:
      case Keyword.UNCACHE:
      case Keyword.USE:
      case Keyword.VACUUM:
        return this.definition(index, false);
      case Keyword.DESC:
      case Keyword.DESCRIBE:
        return this.describe(index);
      case Keyword.SHOW:
        return this.show(index);
      case Keyword.FSCK:
      case Keyword.MSCK: {
        this.operation(index);
        const repair = this.tokens.significant(index + 1);
        if (this.tokens.keywords[repair] !== Keyword.REPAIR) return this.skipStatement(index);
        return this.definition(repair, false);
      }
      case Keyword.COMMENT:
      case Keyword.DENY:
      case Keyword.GRANT:
      case Keyword.REVOKE:
        return this.definitionAfter(index, Keyword.ON);
      case Keyword.LOAD:
        return this.definitionAfter(index, Keyword.INTO);
      case Keyword.EXECUTE: {
        this.operation(index);
        const immediate = this.tokens.significant(index + 1);
        if (this.tokens.keywords[immediate] === Keyword.IMMEDIATE) this.operation(immediate);
        else this.target(immediate);
        return this.skipStatement(index);
      }
      case Keyword.ADD:
      case Keyword.CONVERT:
      case Keyword.GET:
      case Keyword.LIST:
      case Keyword.PUT:
      case Keyword.REMOVE:
      case Keyword.UNSET:
        this.operation(index);
        return this.skipStatement(index);
      default:
        return this.isScript ? index : this.skipStatement(index);
    }
  }

  private isExplainMode(index: number): boolean {
    switch (this.tokens.keywords[index]) {
      case Keyword.CODEGEN:
      case Keyword.COST:
      case Keyword.EXTENDED:
      case Keyword.FORMATTED:
        return index < this.tokens.count;
      default:
        return false;
    }
  }

  private select(index: number): number {
    // `|> SELECT` is a step of a query, not a query.
    if (this.operatorAt(this.tokens.significantBefore(index)) === PIPE) return index;
    if (!this.isAfterSetOperator) this.operation(index);
    this.isAfterSetOperator = false;
    this.setLevel(LEVEL_SELECT);
    return index;
  }

  private insert(index: number): number {
    this.operation(index);
    this.setLevel(LEVEL_NONE);
    const { tokens } = this;
    let i = tokens.significant(index + 1);
    let last = index;
    for (; i < tokens.count; i = tokens.significant(i + 1)) {
      const keyword = tokens.keywords[i] as number;
      if (keyword === Keyword.DIRECTORY) return i;
      const isFiller =
        keyword === Keyword.SCHEMA || keyword === Keyword.TABLE || FILLERS.has(keyword);
      if (!isFiller || this.endsName(i)) break;
      last = i;
    }
    return Math.max(last, this.target(i));
  }

  /** Whether nothing that could be a name follows the word at `index`, so that it is the name itself. */
  private endsName(index: number): boolean {
    const { tokens } = this;
    const next = tokens.significant(index + 1);
    if (next === tokens.count) return true;
    const kind = tokens.kinds[next] as number;
    return kind !== TokenKind.WORD && kind !== TokenKind.QUOTED;
  }

  private with(index: number, startsStatement: boolean): number {
    const { tokens } = this;
    let name = tokens.significant(index + 1);
    const isRecursive = tokens.keywords[name] === Keyword.RECURSIVE;
    if (isRecursive) name = tokens.significant(name + 1);
    const body = this.cteBody(name, isRecursive, startsStatement);
    return body === -1 ? index : body;
  }

  /** Opens the body of the common table expression named at `nameIndex`: position of its `(`, or -1 when it is none. */
  private cteBody(nameIndex: number, isRecursive: boolean, startsStatement: boolean): number {
    const { tokens } = this;
    if (nameIndex >= tokens.count || this.depth === MAX_DEPTH) return -1;
    const kind = tokens.kinds[nameIndex];
    if (kind !== TokenKind.WORD && kind !== TokenKind.QUOTED) return -1;
    let i = tokens.significant(nameIndex + 1);
    if (this.operatorAt(i) === PARENTHESIS_OPEN) {
      do i++;
      while (i < tokens.count && this.operatorAt(i) !== PARENTHESIS_CLOSE && !this.opensAt(i));
      i = tokens.significant(i + 1);
    }
    // MAX RECURSION LEVEL n
    while (i < tokens.count && tokens.keywords[i] !== Keyword.AS) {
      if (tokens.kinds[i] !== TokenKind.WORD && tokens.kinds[i] !== TokenKind.NUMBER) return -1;
      i = tokens.significant(i + 1);
    }
    const open = tokens.significant(i + 1);
    if (this.operatorAt(open) !== PARENTHESIS_OPEN) return -1;
    const name = this.cteName(nameIndex);
    if (isRecursive) this.cteNames.add(name);
    this.openCtes.push({ name, isRecursive, startsStatement });
    this.expectsTarget = false;
    this.open(LEVEL_IS_CTE);
    return open;
  }

  private opensAt(index: number): boolean {
    return this.operatorAt(index) === PARENTHESIS_OPEN;
  }

  private cteName(index: number): string {
    return this.partOfName(index).toLowerCase();
  }

  /** CREATE, ALTER, …: the operation, the type of the object and its name; what comes after says how, not what. */
  private definition(index: number, isTyped: boolean): number {
    this.operation(index);
    return this.object(this.tokens.significant(index + 1), isTyped);
  }

  /** As `definition`, for statements that name the object after a preposition. */
  private definitionAfter(index: number, preposition: number): number {
    this.operation(index);
    const { tokens } = this;
    for (let i = index + 1; i < tokens.count && this.operatorAt(i) !== SEMICOLON; i++) {
      if (tokens.keywords[i] === preposition) return this.object(tokens.significant(i + 1), false);
    }
    return this.skipStatement(index);
  }

  private object(first: number, isTyped: boolean): number {
    const { tokens } = this;
    let type: number = Keyword.NONE;
    let i = first;
    for (; i < tokens.count; i = tokens.significant(i + 1)) {
      const kind = tokens.kinds[i];
      if (kind !== TokenKind.WORD && kind !== TokenKind.QUOTED) break;
      const keyword = tokens.keywords[i] as number;
      if (type === Keyword.NONE && OBJECT_TYPES.has(keyword) && !(this.endsName(i) && !isTyped)) {
        type = keyword;
        this.operation(i);
      } else if (type === Keyword.NONE && isTyped) {
        continue;
      } else if (!FILLERS.has(keyword) || this.endsName(i)) {
        this.target(i);
        break;
      }
    }
    if (ROUTINE_TYPES.has(type)) return tokens.count;
    return this.skipStatement(i - 1);
  }

  private describe(index: number): number {
    const { tokens } = this;
    const next = tokens.significant(index + 1);
    const keyword = tokens.keywords[next];
    const isPlain =
      keyword !== Keyword.HISTORY && keyword !== Keyword.DETAIL && keyword !== Keyword.QUERY;
    if (next === tokens.count || isPlain || this.endsName(next))
      return this.definition(index, false);
    this.operation(index);
    this.operation(next);
    if (keyword === Keyword.QUERY) {
      this.startsStatement = true;
      return next;
    }
    return this.object(tokens.significant(next + 1), false);
  }

  /** `SHOW TABLES IN sales`, `SHOW CREATE TABLE orders`: what is shown, and of what when it is said by name. */
  private show(index: number): number {
    const { tokens } = this;
    this.operation(index);
    let i = tokens.significant(index + 1);
    if (tokens.kinds[i] !== TokenKind.WORD || i >= tokens.count) return this.skipStatement(index);
    this.operation(i);
    const shown = tokens.keywords[i];
    const namesObject =
      shown === Keyword.CREATE || shown === Keyword.PARTITIONS || shown === Keyword.TBLPROPERTIES;
    i = tokens.significant(i + 1);
    if (namesObject) return this.object(i, false);
    for (; i < tokens.count && tokens.kinds[i] === TokenKind.WORD; i = tokens.significant(i + 1)) {
      const keyword = tokens.keywords[i];
      if (keyword === Keyword.LIKE) break;
      if (keyword === Keyword.IN || keyword === Keyword.FROM || keyword === Keyword.ON) {
        return this.object(tokens.significant(i + 1), false);
      }
    }
    return this.skipStatement(i - 1);
  }

  /** `SET key = value`, `SET TIME ZONE …`, `SET VAR x = …` */
  private setting(index: number): number {
    const { tokens } = this;
    const next = tokens.significant(index + 1);
    if (tokens.keywords[next] !== Keyword.TIME || next >= tokens.count) {
      return this.definition(index, false);
    }
    this.operation(index);
    this.operation(next);
    const zone = tokens.significant(next + 1);
    if (tokens.keywords[zone] === Keyword.ZONE) this.operation(zone);
    return this.skipStatement(next);
  }

  /** Position of the last token before the `;` that ends the statement. */
  private skipStatement(from: number): number {
    let i = Math.max(from + 1, 0);
    while (i < this.tokens.count && this.operatorAt(i) !== SEMICOLON) i++;
    return i - 1;
  }

  /** The name after `preposition`, which may be missing or have words before it. */
  private targetAfter(index: number, preposition: number): number {
    const { tokens } = this;
    let i = tokens.significant(index + 1);
    while (FILLERS.has(tokens.keywords[i] as number) || tokens.keywords[i] === Keyword.SCHEMA) {
      if (i >= tokens.count) return index;
      const isPreposition = tokens.keywords[i] === preposition;
      i = tokens.significant(i + 1);
      if (isPreposition) break;
    }
    return this.target(i);
  }

  /** What FROM, JOIN or USING names at `index`: a table, a function, or a query that goes on. */
  private relation(index: number, keyword: number): number {
    const { tokens } = this;
    const next = tokens.significant(index + 1);
    switch (keyword) {
      case Keyword.SELECT:
      case Keyword.FROM:
      case Keyword.WITH:
        this.expectsTarget = false;
        return this.clause(index, keyword);
      case Keyword.LATERAL:
        // What follows is computed from the row: a function or a subquery, no table.
        this.expectsTarget = false;
        return this.operatorAt(next) === PARENTHESIS_OPEN ? index : next;
      case Keyword.STREAM:
        if (this.operatorAt(next) === PARENTHESIS_OPEN || !this.endsName(index)) return index;
        break;
      case Keyword.TABLE:
        if (this.operatorAt(next) === PARENTHESIS_OPEN) return index;
        break;
      case Keyword.VALUES:
        if (this.endsName(index) && next < tokens.count) {
          this.expectsTarget = false;
          return index;
        }
        break;
    }
    this.expectsTarget = false;
    return this.target(index);
  }

  /** Adds the name at `index`, dots included; returns the position of its last token. */
  private target(index: number): number {
    const { tokens } = this;
    if (index >= tokens.count) return tokens.count - 1;
    const kind = tokens.kinds[index];
    if (kind !== TokenKind.WORD && kind !== TokenKind.QUOTED) return index - 1;
    let last = index;
    let name = this.partOfName(index);
    while (last + 2 < tokens.count && this.operatorAt(last + 1) === DOT) {
      const partKind = tokens.kinds[last + 2];
      if (partKind !== TokenKind.WORD && partKind !== TokenKind.QUOTED) break;
      last += 2;
      name += `.${this.partOfName(last)}`;
    }
    if (
      tokens.keywords[index] === Keyword.IDENTIFIER &&
      this.opensAt(tokens.significant(index + 1))
    ) {
      return last;
    }
    if (last === index && this.cteNames.size > 0 && this.cteNames.has(name.toLowerCase()))
      return last;
    this.add(name);
    return last;
  }

  private partOfName(index: number): string {
    const { text, tokens } = this;
    const start = tokens.start(index);
    const end = tokens.ends[index] as number;
    if (tokens.kinds[index] === TokenKind.WORD) return text.slice(start, end);
    if (isMaskedName(text, tokens, index)) return '?';
    const name = text.slice(start + 1, end - 1);
    return SAFE_NAME.test(name) ? name : text.slice(start, end);
  }

  private operation(index: number): void {
    this.add(this.text.slice(this.tokens.start(index), this.tokens.ends[index]));
  }

  private add(item: string): void {
    if (this.openCtes.length > 0) {
      if (this.deferredLength > MAX_SUMMARY_LENGTH) return;
      this.deferred.push(item);
      this.deferredLength += item.length + 1;
    } else {
      this.append(item);
    }
  }

  private joined(): string | undefined {
    for (const item of this.deferred) this.append(item);
    return this.main === '' ? undefined : this.main;
  }

  private append(item: string): void {
    if (this.isMainFull) return;
    const joined = this.main === '' ? item : `${this.main} ${item}`;
    if (joined.length > MAX_SUMMARY_LENGTH) this.isMainFull = true;
    else this.main = joined;
  }

  private follows(index: number, keyword: number): boolean {
    const before = this.tokens.significantBefore(index);
    return before !== -1 && this.tokens.keywords[before] === keyword;
  }

  /** Code of the first character of the operator at `index`; 0 when it is none. */
  private operatorAt(index: number): number {
    const { tokens } = this;
    if (index < 0 || index >= tokens.count || tokens.kinds[index] !== TokenKind.OPERATOR) return 0;
    return this.text.charCodeAt(tokens.start(index));
  }
}

/** Operations and targets in order, at most 255 characters; `undefined` when the statement is of no known kind. */
export function summarizeTokens(text: string, tokens: TokenList): string | undefined {
  return new SummaryReader(text, tokens).read();
}
