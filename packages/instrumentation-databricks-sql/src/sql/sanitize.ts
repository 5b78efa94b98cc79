import { Code as codesByName, isBlank } from './characters';
import { NO_VALUE, bareValue } from './bare-values';
import { Keyword as keywordsByName } from './keywords';
import { followingRowsEnd, literalListEnd, literalRowEnd } from './literal-lists';
import { isMaskedName } from './names';
import { NO_BARE_OPTIONS, bareOptionsEnd } from './option-lists';
import { declaredStatement, startsStatement } from './statement-starts';
import { type TokenList, TokenKind as kindsByName } from './tokens';

// Constants of this module: the engine folds them, as it does not the members of what is imported.
const Code = codesByName;
const Keyword = keywordsByName;
const TokenKind = kindsByName;

/** Stands for a literal. */
const MASK = '?';
const MASKED_NAME = `\`${MASK}\``;
/** Ends a text that was cut. */
export const CUT_MARK = '...';
const BLANK = ' ';

const ACTION_NONE = 0;
/** A list of literals may follow. */
const ACTION_LIST = 1;
/** Rows of literals may follow. */
const ACTION_ROWS = 2;
/** A value or path without quotes may follow, when a statement starts here. */
const ACTION_STATEMENT = 3;
/** A list of options may follow. */
const ACTION_OPTIONS = 4;
/** A statement may be part of what follows. */
const ACTION_DECLARATION = 5;

/** What to do at a keyword, by its id: most of those in a query lead to nothing. */
const actions = new Uint8Array(256);
actions[Keyword.IN] = ACTION_LIST;
actions[Keyword.VALUES] = ACTION_ROWS;
actions[Keyword.DECLARE] = ACTION_DECLARATION;
for (const keyword of [
  Keyword.ADD,
  Keyword.GET,
  Keyword.LIST,
  Keyword.PUT,
  Keyword.REFRESH,
  Keyword.REMOVE,
  Keyword.SET,
]) {
  actions[keyword] = ACTION_STATEMENT;
}
for (const keyword of [
  Keyword.COPY_OPTIONS,
  Keyword.CREDENTIAL,
  Keyword.DBPROPERTIES,
  Keyword.ENCRYPTION,
  Keyword.FORMAT_OPTIONS,
  Keyword.OPTIONS,
  Keyword.PROPERTIES,
  Keyword.TAGS,
  Keyword.TBLPROPERTIES,
]) {
  actions[keyword] = ACTION_OPTIONS;
}

/** Position after the last token before `from`'s next `;`, blanks and comments before that left out. */
function statementEnd(tokens: TokenList, from: number): number {
  let i = from;
  while (i < tokens.count && tokens.operatorAt(i) !== Code.SEMICOLON) i++;
  return tokens.significantBefore(i) + 1;
}

/** The parts of the text to keep, joined. */
class Output {
  text = '';
  isFull = false;
  private kept = 0;

  constructor(
    private readonly tokens: TokenList,
    private readonly maxLength: number,
  ) {}

  /** Keeps what lies between the last replaced token and `index`, puts `replacement`, goes on after `last`. */
  replace(index: number, last: number, replacement: string): void {
    this.keepUpTo(index);
    if (this.isFull) return;
    if (this.text.length + replacement.length > this.maxLength) this.isFull = true;
    else this.text += replacement;
    this.kept = last + 1;
  }

  /** Keeps the tokens before `index`, as many of them as there is room for. */
  keepUpTo(index: number): void {
    if (this.isFull || index === this.kept) return;
    const { tokens } = this;
    const start = tokens.start(this.kept);
    const room = this.maxLength - this.text.length;
    let last = index;
    if (tokens.start(index) - start > room) {
      this.isFull = true;
      do last--;
      while (tokens.start(last) - start > room);
    }
    this.text += tokens.text.slice(start, tokens.start(last));
  }

  /** Whether what is kept up to `index` ends in a blank, or is nothing. */
  endsBlank(index: number): boolean {
    if (index > this.kept) return this.tokens.kind(index - 1) === TokenKind.BLANK;
    return this.text === '' || isBlank(this.text.charCodeAt(this.text.length - 1));
  }
}

class Sanitizer {
  private readonly output: Output;
  /** What to replace once it is reached: the value of a setting, the literals of a list, the rows after the first. */
  private nextStart = -1;
  private nextLast = -1;
  private nextReplacement = '';
  /** Where the statement inside a DECLARE starts. */
  private declaredAt = -1;

  constructor(
    private readonly tokens: TokenList,
    private readonly isCut: boolean,
    maxLength: number,
  ) {
    this.output = new Output(tokens, Math.max(0, maxLength - CUT_MARK.length));
  }

  run(): string {
    const { tokens, output } = this;
    const { count } = tokens;
    for (let i = 0; i < count; i++) {
      const kind = tokens.kind(i);
      if (kind === TokenKind.WORD) {
        const action = actions[tokens.keyword(i)] as number;
        if (action !== ACTION_NONE) this.act(action, i);
      } else if (kind !== TokenKind.BLANK && kind !== TokenKind.OPERATOR) {
        i = this.replaceable(i, kind);
        if (output.isFull) break;
      }
      if (i + 1 === this.nextStart) {
        output.replace(this.nextStart, this.nextLast, this.nextReplacement);
        i = this.nextLast;
        this.nextStart = -1;
      }
    }
    output.keepUpTo(count);
    return this.isCut || output.isFull ? output.text + CUT_MARK : output.text;
  }

  /** Replaces the token at `index` where it has to be; returns the position of the last token that was dealt with. */
  private replaceable(index: number, kind: number): number {
    const { tokens, output } = this;
    switch (kind) {
      case TokenKind.STRING: {
        const last = this.adjacentStringsEnd(index);
        output.replace(index, last, MASK);
        return last;
      }
      case TokenKind.NUMBER:
      case TokenKind.UNKNOWN:
        output.replace(index, index, MASK);
        break;
      case TokenKind.COMMENT: {
        // A comment parts what is around it: without it, and without blanks, that would become one word.
        const isLast = index + 1 === tokens.count;
        const parts =
          !isLast && tokens.kind(index + 1) !== TokenKind.BLANK && !output.endsBlank(index);
        output.replace(index, index, parts ? BLANK : '');
        break;
      }
      case TokenKind.QUOTED:
        if (isMaskedName(tokens, index)) output.replace(index, index, MASKED_NAME);
        break;
    }
    return index;
  }

  /** Strings with only blanks and comments between them are one string. */
  private adjacentStringsEnd(index: number): number {
    const { tokens } = this;
    let last = index;
    let next = tokens.significant(index + 1);
    while (tokens.kind(next) === TokenKind.STRING) {
      last = next;
      next = tokens.significant(next + 1);
    }
    return last;
  }

  private act(action: number, index: number): void {
    switch (action) {
      case ACTION_LIST:
        this.inList(index);
        break;
      case ACTION_ROWS:
        this.rows(this.tokens.significant(index + 1));
        break;
      case ACTION_STATEMENT:
        this.statement(index);
        break;
      case ACTION_OPTIONS:
        this.options(index);
        break;
      case ACTION_DECLARATION:
        this.declaredAt = declaredStatement(this.tokens, index);
        break;
    }
  }

  private inList(index: number): void {
    const { tokens, isCut } = this;
    const open = tokens.significant(index + 1);
    if (tokens.operatorAt(open) !== Code.PARENTHESIS_OPEN) return;
    const end = literalListEnd(tokens, open, isCut);
    if (end === -1) {
      const row = tokens.significant(open + 1);
      if (tokens.operatorAt(row) === Code.PARENTHESIS_OPEN) this.rows(row);
      return;
    }
    const isClosed = tokens.operatorAt(end) === Code.PARENTHESIS_CLOSE;
    this.replaceNext(open + 1, isClosed ? end - 1 : end, MASK);
  }

  private options(index: number): void {
    const { tokens } = this;
    const open = tokens.significant(index + 1);
    if (tokens.operatorAt(open) !== Code.PARENTHESIS_OPEN) return;
    const end = bareOptionsEnd(tokens, open);
    if (end !== NO_BARE_OPTIONS) this.replaceNext(open + 1, end, MASK);
  }

  /** Marks the rows of literals after the one at `first` as to be dropped. */
  private rows(first: number): void {
    const { tokens, isCut } = this;
    const rowEnd = literalRowEnd(tokens, first, isCut);
    if (rowEnd === -1) return;
    const end = followingRowsEnd(tokens, rowEnd, isCut);
    if (end === rowEnd) return;
    this.replaceNext(rowEnd + 1, end, '');
  }

  /** The tokens before `start` are read as any others. */
  private replaceNext(start: number, last: number, replacement: string): void {
    if (this.nextStart !== -1) return;
    this.nextStart = start;
    this.nextLast = last;
    this.nextReplacement = replacement;
  }

  /** Masks what the statement at `index` takes without quotes: whatever it looks like, it is a value. */
  private statement(index: number): void {
    const { tokens } = this;
    if (index !== this.declaredAt && !startsStatement(tokens, index)) return;
    const first = bareValue(tokens, index);
    if (first === NO_VALUE) return;
    const end = statementEnd(tokens, first);
    if (end > first) this.replaceNext(first, end - 1, MASK);
  }
}

/**
 * The text of `tokens` without its literals and comments, at most `maxLength` UTF-16 units long. `isCut`: the tokens
 * are only the beginning of a statement.
 */
export function sanitizeTokens(tokens: TokenList, isCut: boolean, maxLength: number): string {
  return new Sanitizer(tokens, isCut, maxLength).run();
}
