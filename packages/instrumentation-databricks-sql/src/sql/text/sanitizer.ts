import { Code, isWhitespace } from '../tokens/characters';
import { NO_VALUE, unquotedValue } from '../tokens/unquoted-values';
import { Keyword } from '../tokens/keywords';
import { followingRowsEnd, literalListEnd, literalRowEnd } from './literal-lists';
import { isMaskedName } from '../tokens/identifiers';
import { NO_UNQUOTED_OPTIONS, unquotedOptionsEnd } from './option-lists';
import { declaredStatement, startsStatement } from '../tokens/statement-starts';
import { TokenKind } from '../tokens/token-list';
import type { TokenList } from '../tokens/token-list';

/** Replaces a literal. */
const MASK = '?';
const MASKED_NAME = `\`${MASK}\``;
/** The end of a query text that was cut. */
export const CUT_MARK = '...';
const SPACE = ' ';

const ACTION_NONE = 0;
/** A list of literals may follow. */
const ACTION_LIST = 1;
/** Rows of literals may follow. */
const ACTION_ROWS = 2;
/** An unquoted value or path follows if a statement starts here. */
const ACTION_STATEMENT = 3;
/** A list of options may follow. */
const ACTION_OPTIONS = 4;
/** A declaration that may contain a statement. */
const ACTION_DECLARATION = 5;

/** The action for each keyword, by its id. */
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

/** Position after the last token of the statement that contains `from`, without trailing whitespace and comments. */
function statementEnd(tokens: TokenList, from: number): number {
  let i = from;
  while (i < tokens.count && tokens.operatorAt(i) !== Code.SEMICOLON) i++;
  return tokens.significantBefore(i) + 1;
}

/** Builds the sanitized text from kept and replaced tokens. */
class Output {
  readonly #tokens: TokenList;
  readonly #maxLength: number;
  text = '';
  isFull = false;
  #kept = 0;

  constructor(tokens: TokenList, maxLength: number) {
    this.#tokens = tokens;
    this.#maxLength = maxLength;
  }

  /** Keeps the tokens before `index` and replaces those from `index` up to and including `last`. */
  replace(index: number, last: number, replacement: string): void {
    this.keepUpTo(index);
    if (this.isFull) return;
    if (this.text.length + replacement.length > this.#maxLength) this.isFull = true;
    else this.text += replacement;
    this.#kept = last + 1;
  }

  /** Keeps the tokens before `index`, as many as fit. */
  keepUpTo(index: number): void {
    if (this.isFull || index === this.#kept) return;
    const tokens = this.#tokens;
    const start = tokens.start(this.#kept);
    const room = this.#maxLength - this.text.length;
    let last = index;
    if (tokens.start(index) - start > room) {
      this.isFull = true;
      do last--;
      while (tokens.start(last) - start > room);
    }
    this.text += tokens.sql.slice(start, tokens.start(last));
  }

  /** Whether the output up to `index` is empty or ends in whitespace. */
  endsInWhitespace(index: number): boolean {
    if (index > this.#kept) return this.#tokens.kind(index - 1) === TokenKind.WHITESPACE;
    return this.text === '' || isWhitespace(this.text.charCodeAt(this.text.length - 1));
  }
}

class Sanitizer {
  readonly #tokens: TokenList;
  readonly #isCut: boolean;
  readonly #output: Output;
  /** The next tokens to replace: the value of a setting, the literals of a list, or the rows after the first. */
  #nextStart = -1;
  #nextLast = -1;
  #nextReplacement = '';
  /** Position of the statement inside the last DECLARE; -1 when there is none. */
  #declaredAt = -1;

  constructor(tokens: TokenList, isCut: boolean, maxLength: number) {
    this.#tokens = tokens;
    this.#isCut = isCut;
    this.#output = new Output(tokens, Math.max(0, maxLength - CUT_MARK.length));
  }

  run(): string {
    const tokens = this.#tokens;
    const output = this.#output;
    const { count } = tokens;
    for (let i = 0; i < count; i++) {
      const kind = tokens.kind(i);
      if (kind === TokenKind.WORD) {
        const action = actions[tokens.keyword(i)] as number;
        if (action !== ACTION_NONE) this.#act(action, i);
      } else if (kind !== TokenKind.WHITESPACE && kind !== TokenKind.OPERATOR) {
        i = this.#maskToken(i, kind);
        if (output.isFull) break;
      }
      if (i + 1 === this.#nextStart) {
        output.replace(this.#nextStart, this.#nextLast, this.#nextReplacement);
        i = this.#nextLast;
        this.#nextStart = -1;
      }
    }
    output.keepUpTo(count);
    return this.#isCut || output.isFull ? output.text + CUT_MARK : output.text;
  }

  /** Replaces the token at `index` if necessary; returns the position of the last token processed. */
  #maskToken(index: number, kind: number): number {
    const tokens = this.#tokens;
    const output = this.#output;
    switch (kind) {
      case TokenKind.STRING: {
        const last = this.#adjacentStringsEnd(index);
        output.replace(index, last, MASK);
        return last;
      }
      case TokenKind.NUMBER:
      case TokenKind.UNKNOWN:
        output.replace(index, index, MASK);
        break;
      case TokenKind.COMMENT: {
        // Without the comment and without whitespace around it, two words would become one.
        const isLast = index + 1 === tokens.count;
        const separates =
          !isLast &&
          tokens.kind(index + 1) !== TokenKind.WHITESPACE &&
          !output.endsInWhitespace(index);
        output.replace(index, index, separates ? SPACE : '');
        break;
      }
      case TokenKind.QUOTED:
        if (isMaskedName(tokens, index)) output.replace(index, index, MASKED_NAME);
        break;
    }
    return index;
  }

  /** Position of the last string that belongs to the literal at `index`: adjacent strings form one literal. */
  #adjacentStringsEnd(index: number): number {
    const tokens = this.#tokens;
    let last = index;
    let next = tokens.significant(index + 1);
    while (tokens.kind(next) === TokenKind.STRING) {
      last = next;
      next = tokens.significant(next + 1);
    }
    return last;
  }

  #act(action: number, index: number): void {
    switch (action) {
      case ACTION_LIST:
        this.#inList(index);
        break;
      case ACTION_ROWS:
        this.#rows(this.#tokens.significant(index + 1));
        break;
      case ACTION_STATEMENT:
        this.#statement(index);
        break;
      case ACTION_OPTIONS:
        this.#options(index);
        break;
      case ACTION_DECLARATION:
        this.#declaredAt = declaredStatement(this.#tokens, index);
        break;
    }
  }

  #inList(index: number): void {
    const tokens = this.#tokens;
    const isCut = this.#isCut;
    const open = tokens.significant(index + 1);
    if (tokens.operatorAt(open) !== Code.PARENTHESIS_OPEN) return;
    const end = literalListEnd(tokens, open, isCut);
    if (end === -1) {
      const row = tokens.significant(open + 1);
      if (tokens.operatorAt(row) === Code.PARENTHESIS_OPEN) this.#rows(row);
      return;
    }
    const isClosed = tokens.operatorAt(end) === Code.PARENTHESIS_CLOSE;
    this.#replaceNext(open + 1, isClosed ? end - 1 : end, MASK);
  }

  #options(index: number): void {
    const tokens = this.#tokens;
    const open = tokens.significant(index + 1);
    if (tokens.operatorAt(open) !== Code.PARENTHESIS_OPEN) return;
    const end = unquotedOptionsEnd(tokens, open);
    if (end !== NO_UNQUOTED_OPTIONS) this.#replaceNext(open + 1, end, MASK);
  }

  /** Marks the rows of literals after the row at `first` for removal. */
  #rows(first: number): void {
    const tokens = this.#tokens;
    const isCut = this.#isCut;
    const rowEnd = literalRowEnd(tokens, first, isCut);
    if (rowEnd === -1) return;
    const end = followingRowsEnd(tokens, rowEnd, isCut);
    if (end === rowEnd) return;
    this.#replaceNext(rowEnd + 1, end, '');
  }

  /** Replaces the tokens from `start` up to and including `last` when the loop reaches them. */
  #replaceNext(start: number, last: number, replacement: string): void {
    if (this.#nextStart !== -1) return;
    this.#nextStart = start;
    this.#nextLast = last;
    this.#nextReplacement = replacement;
  }

  /** Masks the unquoted value or path of the statement at `index`, whatever tokens it consists of. */
  #statement(index: number): void {
    const tokens = this.#tokens;
    if (index !== this.#declaredAt && !startsStatement(tokens, index)) return;
    const first = unquotedValue(tokens, index);
    if (first === NO_VALUE) return;
    const end = statementEnd(tokens, first);
    if (end > first) this.#replaceNext(first, end - 1, MASK);
  }
}

/**
 * The SQL of `tokens` without literals and comments, at most `maxLength` UTF-16 units long.
 * @param isCut whether the tokens are only the beginning of a statement
 */
export function sanitizeTokens(tokens: TokenList, isCut: boolean, maxLength: number): string {
  return new Sanitizer(tokens, isCut, maxLength).run();
}
