import {
  ASCII_END,
  CASE_BIT,
  CharClass,
  Code,
  charClasses,
  isWhitespace,
  isDigit,
  isWordStart,
  letterLength,
  wordCharacters,
  wordEnd,
} from './characters';
import { Keyword, keywordAt } from './keywords';
import {
  UNCLOSED,
  backQuotedEnd,
  bracketedCommentEnd,
  dollarQuotedEnd,
  isRawPrefix,
  isVariableName,
  isVersion,
  lineCommentEnd,
  mayEndInRawPrefix,
  numberEnd,
  rawStringEnd,
  stringEnd,
  uriEnd,
  variableEnd,
} from './token-ends';
import { startsStatement } from './statement-starts';
import { TokenKind } from './token-list';
import type { TokenList } from './token-list';

/**
 * Splits `sql` into `tokens`, whose capacity must be at least its length. The grammar is that of Databricks SQL: single
 * and double quotes make strings, back quotes make names. Never throws; the time is linear in the length.
 */
export function tokenize(sql: string, tokens: TokenList): void {
  tokens.load(sql);
  new Tokenizer(tokens).run();
}

class Tokenizer {
  readonly #tokens: TokenList;
  readonly #codes: Uint16Array;
  readonly #length: number;
  /** Kind of the current token; set by the methods that return its end. */
  #kind: number = TokenKind.UNKNOWN;
  #isInHint = false;

  constructor(tokens: TokenList) {
    this.#tokens = tokens;
    this.#codes = tokens.codes;
    this.#length = tokens.sql.length;
  }

  run(): void {
    const codes = this.#codes;
    const length = this.#length;
    const tokens = this.#tokens;
    let count = 0;
    let pos = 0;
    while (pos < length) {
      const code = codes[pos] as number;
      const charClass = code < ASCII_END ? (charClasses[code] as number) : CharClass.UNKNOWN;
      let kind: number;
      let keyword: number = Keyword.NONE;
      if (charClass === CharClass.LETTER) {
        const start = pos;
        let letter: number;
        do letter = codes[++pos] as number;
        while (letter < ASCII_END && wordCharacters[letter] === 1);
        kind = TokenKind.WORD;
        if (letter >= ASCII_END && letterLength(codes, pos) > 0) {
          pos = wordEnd(codes, pos);
          if (mayEndInRawPrefix(codes, pos)) {
            kind = TokenKind.UNKNOWN;
            pos = length;
          }
        } else if (
          pos - start === 1 &&
          (letter === Code.SINGLE_QUOTE || letter === Code.DOUBLE_QUOTE)
        ) {
          pos = this.#prefixed(start);
          kind = this.#kind;
        } else if (letter === Code.COLON && this.#isUri(pos)) {
          pos = this.#uri(pos);
          kind = this.#kind;
        } else if (!this.#isPartOfName(start, pos, count)) {
          keyword = keywordAt(codes, start, pos);
        }
      } else if (charClass === CharClass.WHITESPACE) {
        kind = TokenKind.WHITESPACE;
        do pos++;
        while (pos < length && isWhitespace(codes[pos] as number));
      } else if (charClass === CharClass.OPERATOR) {
        kind = TokenKind.OPERATOR;
        pos++;
      } else {
        pos = this.#other(pos, charClass, count);
        kind = this.#kind;
      }
      tokens.set(count++, kind, keyword, pos);
    }
    tokens.end(count);
  }

  /** Whether the colon at `pos` belongs to a URI, as in `s3://` or `dbfs:/`. */
  #isUri(pos: number): boolean {
    return this.#codes[pos + 1] === Code.SLASH && this.#codes[pos + 2] !== Code.ASTERISK;
  }

  /** Whether the word is part of a dotted name, a path or a variable, and so is never a keyword. */
  #isPartOfName(start: number, end: number, count: number): boolean {
    const codes = this.#codes;
    if (codes[end] === Code.DOT && !isDigit(codes[end + 1] as number)) return true;
    if (start === 0) return false;
    const before = codes[start - 1];
    if (before === Code.DOT || before === Code.AT) return true;
    if (before !== Code.COLON || (start > 1 && codes[start - 2] === Code.COLON)) return false;
    // In `label:BEGIN` the word is a keyword all the same.
    return count < 2 || !startsStatement(this.#tokens, count - 2);
  }

  /** A string with a prefix, or a word of one letter directly before a string. */
  #prefixed(start: number): number {
    const codes = this.#codes;
    const length = this.#length;
    const quoteAt = start + 1;
    switch ((codes[start] as number) | CASE_BIT) {
      case Code.LOWER_R: {
        const end = rawStringEnd(codes, quoteAt + 1, length, codes[quoteAt] as number);
        return this.#take(TokenKind.STRING, this.#closed(end));
      }
      case Code.LOWER_X:
        return this.#take(TokenKind.STRING, this.#closed(stringEnd(codes, quoteAt, length)));
      default:
        return this.#take(TokenKind.WORD, quoteAt);
    }
  }

  /** `count`: number of tokens before this one. */
  #other(pos: number, charClass: number, count: number): number {
    const codes = this.#codes;
    const length = this.#length;
    switch (charClass) {
      case CharClass.DIGIT:
        return this.#number(pos);
      case CharClass.QUOTE:
        return this.#take(TokenKind.STRING, this.#closed(stringEnd(codes, pos, length)));
      case CharClass.SPECIAL:
        return this.#special(pos, count);
      default:
        return this.#beyondAscii(pos);
    }
  }

  #special(pos: number, count: number): number {
    const codes = this.#codes;
    const length = this.#length;
    const next = codes[pos + 1] as number;
    switch (codes[pos]) {
      case Code.DOT:
        if (!isDigit(next) || this.#isOperand(pos, count)) {
          return this.#take(TokenKind.OPERATOR, pos + 1);
        }
        return this.#number(pos);
      case Code.ASTERISK:
        if (!this.#isInHint || next !== Code.SLASH) return this.#take(TokenKind.OPERATOR, pos + 1);
        this.#isInHint = false;
        return this.#take(TokenKind.OPERATOR, pos + 2);
      case Code.QUESTION:
        return this.#take(TokenKind.MARKER, pos + 1);
      case Code.BACK_QUOTE:
        return this.#takeClosed(TokenKind.QUOTED, backQuotedEnd(codes, pos, length));
      case Code.COLON:
        return this.#colon(pos, next, count);
      case Code.MINUS:
        if (next === Code.MINUS) {
          return this.#take(TokenKind.COMMENT, lineCommentEnd(codes, pos, length));
        }
        return this.#sign(pos, next);
      case Code.PLUS:
        return this.#sign(pos, next);
      case Code.SLASH:
        if (next !== Code.ASTERISK) {
          if (this.#isPathStart(count)) {
            return this.#uri(pos);
          }
          return this.#take(TokenKind.OPERATOR, pos + 1);
        }
        if (codes[pos + 2] !== Code.PLUS) {
          return this.#takeClosed(TokenKind.COMMENT, bracketedCommentEnd(codes, pos, length));
        }
        this.#isInHint = true;
        return this.#take(TokenKind.OPERATOR, pos + 3);
      case Code.PIPE:
        return this.#take(TokenKind.OPERATOR, next === Code.GREATER ? pos + 2 : pos + 1);
      case Code.AT: {
        // The version is a separate number token in `orders@v12`, as it is in `orders@20260101`.
        const isVersioned = (next | CASE_BIT) === Code.LOWER_V && isVersion(codes, pos + 2);
        return this.#take(TokenKind.OPERATOR, isVersioned ? pos + 2 : pos + 1);
      }
      default:
        if (next === Code.BRACE_OPEN) return this.#variable(pos);
        return this.#takeClosed(TokenKind.STRING, dollarQuotedEnd(this.#tokens.sql, codes, pos));
    }
  }

  /** A word or parameter marker that ends at `end`. */
  #word(kind: number, end: number): number {
    return this.#takeClosed(kind, mayEndInRawPrefix(this.#codes, end) ? UNCLOSED : end);
  }

  #number(pos: number): number {
    const end = numberEnd(this.#codes, pos);
    // Spark splits some numbers before the prefix of a raw string, as in `1e+5r'a'`, and others not.
    return this.#takeClosed(TokenKind.NUMBER, isRawPrefix(this.#codes, end - 1) ? UNCLOSED : end);
  }

  #uri(pos: number): number {
    return this.#takeClosed(TokenKind.STRING, uriEnd(this.#codes, pos, this.#length));
  }

  #sign(pos: number, next: number): number {
    const isNumber =
      isDigit(next) || (next === Code.DOT && isDigit(this.#codes[pos + 2] as number));
    if (isNumber) return this.#number(pos);
    return this.#take(TokenKind.OPERATOR, pos + 1);
  }

  /** `::`, a parameter marker, or the colon of a path into a value. */
  #colon(pos: number, next: number, count: number): number {
    if (next === Code.COLON) return this.#take(TokenKind.OPERATOR, pos + 2);
    const isPath = this.#isOperand(pos, count) && this.#tokens.keyword(count - 1) === Keyword.NONE;
    if (isPath || !isWordStart(this.#codes, pos + 1)) {
      return this.#take(TokenKind.OPERATOR, pos + 1);
    }
    // In `:r'a'` a raw string follows the colon.
    if (isRawPrefix(this.#codes, pos + 1)) return this.#take(TokenKind.OPERATOR, pos + 1);
    return this.#word(TokenKind.MARKER, wordEnd(this.#codes, pos + 1));
  }

  #variable(pos: number): number {
    const close = this.#tokens.sql.indexOf('}', pos);
    if (close === -1) return this.#takeClosed(TokenKind.MARKER, UNCLOSED);
    const isName = isVariableName(this.#codes, pos + 2, close);
    const end = variableEnd(this.#codes, pos, close);
    return this.#takeClosed(isName ? TokenKind.MARKER : TokenKind.STRING, end);
  }

  #beyondAscii(pos: number): number {
    const codes = this.#codes;
    const length = this.#length;
    const code = codes[pos] as number;
    if (code >= ASCII_END) {
      if (isWhitespace(code)) {
        let end = pos + 1;
        while (end < length && isWhitespace(codes[end] as number)) end++;
        return this.#take(TokenKind.WHITESPACE, end);
      }
      if (letterLength(codes, pos) > 0) return this.#word(TokenKind.WORD, wordEnd(codes, pos));
    }
    return this.#take(TokenKind.UNKNOWN, length);
  }

  /** Whether the slash after the first `count` tokens starts an unquoted path. */
  #isPathStart(count: number): boolean {
    const tokens = this.#tokens;
    const before = tokens.significantBefore(count);
    if (before === -1) return false;
    switch (tokens.keyword(before)) {
      case Keyword.DESCRIBE:
      case Keyword.DETAIL:
      case Keyword.DIRECTORY:
      case Keyword.FROM:
      case Keyword.HISTORY:
      case Keyword.INPATH:
      case Keyword.INTO:
      case Keyword.LOCATION:
      case Keyword.OPTIMIZE:
      case Keyword.RESTORE:
      case Keyword.TO:
      case Keyword.VACUUM:
        return true;
      default:
        return false;
    }
  }

  /** Whether a value that a dot or colon can access a part of ends directly before `pos`. */
  #isOperand(pos: number, count: number): boolean {
    if (count === 0) return false;
    const previousKind = this.#tokens.kind(count - 1);
    if (previousKind === TokenKind.OPERATOR) {
      const code = this.#codes[pos - 1];
      return code === Code.PARENTHESIS_CLOSE || code === Code.BRACKET_CLOSE;
    }
    return previousKind >= TokenKind.WORD && previousKind <= TokenKind.MARKER;
  }

  #take(kind: number, end: number): number {
    this.#kind = kind;
    return end;
  }

  #takeClosed(kind: number, end: number): number {
    return end === UNCLOSED ? this.#take(TokenKind.UNKNOWN, this.#length) : this.#take(kind, end);
  }

  #closed(end: number): number {
    return end === UNCLOSED ? this.#length : end;
  }
}
