import {
  ASCII_END,
  CASE_BIT,
  CharClass as classesByName,
  Code as codesByName,
  charClasses,
  isBlank,
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
  isVariableName,
  isVersion,
  lineCommentEnd,
  numberEnd,
  rawStringEnd,
  stringEnd,
  uriEnd,
} from './lexemes';
import { startsStatement } from './statement-starts';
import { TokenKind, type TokenList } from './tokens';

// Constants of this module: the engine folds them, as it does not the members of what is imported.
const Code = codesByName;
const CharClass = classesByName;
const NO_KEYWORD = Keyword.NONE;
const classes = charClasses;
const isInWord = wordCharacters;
const CASE = CASE_BIT;
const NON_ASCII = ASCII_END;
const { BLANK, COMMENT, MARKER, NUMBER, OPERATOR, QUOTED, STRING, UNKNOWN, WORD } = TokenKind;

/**
 * Reads `text` into `tokens`, which must have the capacity for it. The grammar is that of Databricks SQL: both quotes
 * make strings, back quotes make names. Never throws; takes time linear in the length.
 */
export function tokenize(text: string, tokens: TokenList): void {
  tokens.load(text);
  new Tokenizer(tokens).run();
}

class Tokenizer {
  private readonly codes: Uint16Array;
  private readonly length: number;
  /** Kind of the token at hand, set by the method that reads it. */
  private kind: number = UNKNOWN;
  private isInHint = false;

  constructor(private readonly tokens: TokenList) {
    this.codes = tokens.codes;
    this.length = tokens.text.length;
  }

  run(): void {
    const { codes, length, tokens } = this;
    let count = 0;
    let pos = 0;
    while (pos < length) {
      const code = codes[pos] as number;
      const charClass = code < NON_ASCII ? (classes[code] as number) : CharClass.UNKNOWN;
      let kind: number;
      let keyword: number = NO_KEYWORD;
      if (charClass === CharClass.LETTER) {
        const start = pos;
        let letter: number;
        do letter = codes[++pos] as number;
        while (letter < NON_ASCII && isInWord[letter] === 1);
        kind = WORD;
        if (letter >= NON_ASCII && letterLength(codes, pos) > 0) {
          pos = wordEnd(codes, pos);
        } else if (
          pos - start === 1 &&
          (letter === Code.SINGLE_QUOTE || letter === Code.DOUBLE_QUOTE)
        ) {
          pos = this.prefixed(start);
          kind = this.kind;
        } else if (letter === Code.COLON && this.isUri(pos)) {
          kind = STRING;
          pos = uriEnd(codes, pos, length);
        } else if (!this.isPartOfName(start, pos, count)) {
          keyword = keywordAt(codes, start, pos);
        }
      } else if (charClass === CharClass.BLANK) {
        kind = BLANK;
        do pos++;
        while (pos < length && isBlank(codes[pos] as number));
      } else if (charClass === CharClass.OPERATOR) {
        kind = OPERATOR;
        pos++;
      } else {
        pos = this.other(pos, charClass, count);
        kind = this.kind;
      }
      tokens.set(count++, kind, keyword, pos);
    }
    tokens.end(count);
  }

  /** Whether the colon at `pos` is one of `s3://` or `dbfs:/`. */
  private isUri(pos: number): boolean {
    return this.codes[pos + 1] === Code.SLASH && this.codes[pos + 2] !== Code.ASTERISK;
  }

  /** Whether the word is a part of a dotted name, a path or a variable, where no word is a keyword. */
  private isPartOfName(start: number, end: number, count: number): boolean {
    const { codes } = this;
    if (codes[end] === Code.DOT && !isDigit(codes[end + 1] as number)) return true;
    if (start === 0) return false;
    const before = codes[start - 1];
    if (before === Code.DOT || before === Code.AT) return true;
    if (before !== Code.COLON || (start > 1 && codes[start - 2] === Code.COLON)) return false;
    // In `label:BEGIN` it is one.
    return count < 2 || !startsStatement(this.tokens, count - 2);
  }

  /** A string with a prefix, or a word of one letter with a string after it. */
  private prefixed(start: number): number {
    const { codes, length } = this;
    const quoteAt = start + 1;
    switch ((codes[start] as number) | CASE) {
      case Code.LOWER_R: {
        const end = rawStringEnd(codes, quoteAt + 1, length, codes[quoteAt] as number);
        return this.take(STRING, this.closed(end));
      }
      case Code.LOWER_X:
        return this.take(STRING, this.closed(stringEnd(codes, quoteAt, length)));
      default:
        return this.take(WORD, quoteAt);
    }
  }

  /** `count`: tokens so far. */
  private other(pos: number, charClass: number, count: number): number {
    const { codes, length } = this;
    switch (charClass) {
      case CharClass.DIGIT:
        return this.take(NUMBER, numberEnd(codes, pos));
      case CharClass.QUOTE:
        return this.take(STRING, this.closed(stringEnd(codes, pos, length)));
      case CharClass.SPECIAL:
        return this.special(pos, count);
      default:
        return this.beyondAscii(pos);
    }
  }

  private special(pos: number, count: number): number {
    const { codes, length } = this;
    const next = codes[pos + 1] as number;
    switch (codes[pos]) {
      case Code.DOT:
        if (!isDigit(next) || this.isOperand(pos, count)) return this.take(OPERATOR, pos + 1);
        return this.take(NUMBER, numberEnd(codes, pos));
      case Code.ASTERISK:
        if (!this.isInHint || next !== Code.SLASH) return this.take(OPERATOR, pos + 1);
        this.isInHint = false;
        return this.take(OPERATOR, pos + 2);
      case Code.QUESTION:
        return this.take(MARKER, pos + 1);
      case Code.BACK_QUOTE:
        return this.takeClosed(QUOTED, backQuotedEnd(codes, pos, length));
      case Code.COLON:
        return this.colon(pos, next, count);
      case Code.MINUS:
        if (next === Code.MINUS) return this.take(COMMENT, lineCommentEnd(codes, pos, length));
        return this.sign(pos, next);
      case Code.PLUS:
        return this.sign(pos, next);
      case Code.SLASH:
        if (next !== Code.ASTERISK) {
          if (this.isPathStart(count)) return this.take(STRING, uriEnd(codes, pos, length));
          return this.take(OPERATOR, pos + 1);
        }
        if (codes[pos + 2] !== Code.PLUS) {
          return this.takeClosed(COMMENT, bracketedCommentEnd(codes, pos, length));
        }
        this.isInHint = true;
        return this.take(OPERATOR, pos + 3);
      case Code.PIPE:
        return this.take(OPERATOR, next === Code.GREATER ? pos + 2 : pos + 1);
      case Code.AT: {
        // In `orders@v12` the version is a number of its own, as it is in `orders@20260101`.
        const isVersioned = (next | CASE_BIT) === Code.LOWER_V && isVersion(codes, pos + 2);
        return this.take(OPERATOR, isVersioned ? pos + 2 : pos + 1);
      }
      default:
        if (next === Code.BRACE_OPEN) return this.variable(pos);
        return this.takeClosed(STRING, dollarQuotedEnd(this.tokens.text, codes, pos));
    }
  }

  private sign(pos: number, next: number): number {
    const isNumber = isDigit(next) || (next === Code.DOT && isDigit(this.codes[pos + 2] as number));
    if (isNumber) return this.take(NUMBER, numberEnd(this.codes, pos));
    return this.take(OPERATOR, pos + 1);
  }

  /** `::`, a marker, or the colon of a path into a value. */
  private colon(pos: number, next: number, count: number): number {
    if (next === Code.COLON) return this.take(OPERATOR, pos + 2);
    const isPath = this.isOperand(pos, count) && this.tokens.keyword(count - 1) === Keyword.NONE;
    if (isPath || !isWordStart(this.codes, pos + 1)) return this.take(OPERATOR, pos + 1);
    return this.take(MARKER, wordEnd(this.codes, pos + 1));
  }

  private variable(pos: number): number {
    const close = this.tokens.text.indexOf('}', pos);
    if (close === -1) return this.takeClosed(MARKER, UNCLOSED);
    const isName = isVariableName(this.codes, pos + 2, close);
    return this.take(isName ? MARKER : STRING, close + 1);
  }

  private beyondAscii(pos: number): number {
    const { codes, length } = this;
    const code = codes[pos] as number;
    if (code >= ASCII_END) {
      if (isBlank(code)) {
        let end = pos + 1;
        while (end < length && isBlank(codes[end] as number)) end++;
        return this.take(BLANK, end);
      }
      if (letterLength(codes, pos) > 0) return this.take(WORD, wordEnd(codes, pos));
    }
    return this.take(UNKNOWN, length);
  }

  /** Whether the slash after `count` tokens comes where a path does, which then is without quotes. */
  private isPathStart(count: number): boolean {
    const { tokens } = this;
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

  /** Whether what directly precedes `pos` is something that a dot or a colon can reach into. */
  private isOperand(pos: number, count: number): boolean {
    if (count === 0) return false;
    const previousKind = this.tokens.kind(count - 1);
    if (previousKind === OPERATOR) {
      const code = this.codes[pos - 1];
      return code === Code.PARENTHESIS_CLOSE || code === Code.BRACKET_CLOSE;
    }
    return previousKind >= WORD && previousKind <= MARKER;
  }

  private take(kind: number, end: number): number {
    this.kind = kind;
    return end;
  }

  private takeClosed(kind: number, end: number): number {
    return end === UNCLOSED ? this.take(UNKNOWN, this.length) : this.take(kind, end);
  }

  private closed(end: number): number {
    return end === UNCLOSED ? this.length : end;
  }
}
