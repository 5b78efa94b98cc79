import { CASE_BIT, Keyword, keywordAt } from './keywords';

/** What a token is. Every character of the text is in exactly one token. */
export const TokenKind = {
  BLANK: 0,
  /** `--` up to the end of its line, or a bracketed comment with those nested in it. */
  COMMENT: 1,
  /** An identifier or keyword without quotes. */
  WORD: 2,
  /** An identifier in back quotes. */
  QUOTED: 3,
  /** A string, raw string, binary, dollar-quoted body or bare URI; to the end of the text when unterminated. */
  STRING: 4,
  /** A number with its sign and suffix, or a word that starts with a digit. */
  NUMBER: 5,
  /** `?`, `:name` or `${name}`. */
  MARKER: 6,
  OPERATOR: 7,
  /** From a character or opening that has no meaning to the end of the text. */
  UNKNOWN: 8,
} as const;

/** The tokens of one text, in order; a token starts where the one before it ends. */
export class TokenList {
  count = 0;
  /** {@link TokenKind} by position. */
  readonly kinds: Uint8Array;
  /** {@link Keyword} by position, `Keyword.NONE` for all that are not words or are part of a dotted name. */
  readonly keywords: Uint8Array;
  /** Offset of the first character after the token, by position. */
  readonly ends: Uint32Array;

  /** `capacity`: the length of the longest text the list is for. */
  constructor(capacity: number) {
    // One more, so that the position after the last token can be looked at: it is an UNKNOWN without characters.
    this.kinds = new Uint8Array(capacity + 1);
    this.keywords = new Uint8Array(capacity + 1);
    this.ends = new Uint32Array(capacity + 1);
  }

  start(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] as number);
  }

  /** Position of the first token from `index` on that is neither blank nor comment, or `count`. */
  significant(index: number): number {
    let i = index;
    while (i < this.count && (this.kinds[i] as number) <= TokenKind.COMMENT) i++;
    return i;
  }

  /** Position of the last token before `index` that is neither blank nor comment, or -1. */
  significantBefore(index: number): number {
    let i = index - 1;
    while (i >= 0 && (this.kinds[i] as number) <= TokenKind.COMMENT) i--;
    return i;
  }
}

const CHAR_UNKNOWN = 0;
const CHAR_BLANK = 1;
const CHAR_WORD = 2;
const CHAR_DIGIT = 3;
const CHAR_OPERATOR = 4;
const CHAR_QUOTE = 5;
const CHAR_SPECIAL = 6;

const ASCII = 128;
const charClasses = new Uint8Array(ASCII);
function classify(characters: string, charClass: number): void {
  for (let i = 0; i < characters.length; i++) charClasses[characters.charCodeAt(i)] = charClass;
}
classify(' \t\n\v\f\r', CHAR_BLANK);
classify('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_', CHAR_WORD);
classify('0123456789', CHAR_DIGIT);
classify('(),;=<>!%&^~{}[]', CHAR_OPERATOR);
classify('\'"', CHAR_QUOTE);
classify('`$:.+-/*|@?', CHAR_SPECIAL);

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const DOUBLE_QUOTE = 0x22;
const DOLLAR = 0x24;
const SINGLE_QUOTE = 0x27;
const PARENTHESIS_CLOSE = 0x29;
const ASTERISK = 0x2a;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
const GREATER = 0x3e;
const QUESTION = 0x3f;
const AT = 0x40;
const BACKSLASH = 0x5c;
const BRACKET_CLOSE = 0x5d;
const BACK_QUOTE = 0x60;
const LOWER_E = 0x65;
const LOWER_R = 0x72;
const LOWER_V = 0x76;
const LOWER_X = 0x78;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const PIPE = 0x7c;

const LETTER = /^\p{L}/u;
const SPACE = /^\s/;

/** UTF-16 length of the letter outside ASCII at `at`, or 0. */
function letterLength(text: string, at: number): number {
  const point = text.codePointAt(at) as number;
  if (!LETTER.test(String.fromCodePoint(point))) return 0;
  return point > 0xffff ? 2 : 1;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isWordStart(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < ASCII
    ? charClasses[code] === CHAR_WORD
    : code >= ASCII && letterLength(text, at) > 0;
}

/** Offset after the letters, digits and underscores from `at` on. */
function wordEnd(text: string, at: number): number {
  let pos = at;
  for (;;) {
    const code = text.charCodeAt(pos);
    if (code < ASCII) {
      const charClass = charClasses[code];
      if (charClass !== CHAR_WORD && charClass !== CHAR_DIGIT) return pos;
      pos++;
    } else {
      const length = code >= ASCII ? letterLength(text, pos) : 0;
      if (length === 0) return pos;
      pos += length;
    }
  }
}

/** Offset after the string whose opening quote is at `at`; -1 when it is not closed. */
function stringEnd(text: string, at: number): number {
  const quote = text.charCodeAt(at);
  let pos = at + 1;
  while (pos < text.length) {
    const code = text.charCodeAt(pos);
    if (code === BACKSLASH) {
      pos += 2;
    } else if (code !== quote) {
      pos++;
    } else if (text.charCodeAt(pos + 1) === quote) {
      pos += 2;
    } else {
      return pos + 1;
    }
  }
  return -1;
}

/** Offset after the identifier whose opening back quote is at `at`; -1 when it is not closed. */
function backQuotedEnd(text: string, at: number): number {
  let pos = at;
  for (;;) {
    pos = text.indexOf('`', pos + 1);
    if (pos === -1 || text.charCodeAt(pos + 1) !== BACK_QUOTE) return pos === -1 ? -1 : pos + 1;
    pos++;
  }
}

/** Offset of the end of the line of a `--` comment; a backslash before the line feed continues it. */
function lineCommentEnd(text: string, at: number): number {
  let pos = at + 2;
  while (pos < text.length) {
    const code = text.charCodeAt(pos);
    if (code === CARRIAGE_RETURN) return pos;
    if (code === LINE_FEED && text.charCodeAt(pos - 1) !== BACKSLASH) return pos;
    pos++;
  }
  return pos;
}

/**
 * Offset after a bracketed comment; -1 when it is not closed, or when a hint opens inside it: the grammar does not
 * nest those, and where such a comment ends is not worth a guess.
 */
function bracketedCommentEnd(text: string, at: number): number {
  let depth = 1;
  let pos = at + 2;
  while (pos < text.length) {
    const code = text.charCodeAt(pos);
    const next = text.charCodeAt(pos + 1);
    if (code === ASTERISK && next === SLASH) {
      pos += 2;
      if (--depth === 0) return pos;
    } else if (code === SLASH && next === ASTERISK) {
      if (text.charCodeAt(pos + 2) === PLUS) return -1;
      depth++;
      pos += 2;
    } else {
      pos++;
    }
  }
  return -1;
}

/** Offset after the number (or word that starts with a digit) at `at`, sign included. */
function numberEnd(text: string, at: number): number {
  let pos = at;
  let code = text.charCodeAt(pos);
  if (code === PLUS || code === MINUS) code = text.charCodeAt(++pos);
  const first = pos;
  let hasDot = false;
  let isPlain = true;
  for (;;) {
    if (isDigit(code)) {
      pos++;
    } else if (code === DOT && !hasDot && isPlain) {
      hasDot = true;
      pos++;
    } else if (isPlain && (code | CASE_BIT) === LOWER_E && pos > first) {
      isPlain = false;
      const sign = text.charCodeAt(pos + 1);
      pos += (sign === PLUS || sign === MINUS) && isDigit(text.charCodeAt(pos + 2)) ? 2 : 1;
    } else {
      const end = wordEnd(text, pos);
      if (end === pos) return pos;
      isPlain = false;
      pos = end;
    }
    code = text.charCodeAt(pos);
  }
}

/** Offset after a dollar-quoted body or a `${name}`; -1 when it is neither. */
function dollarEnd(text: string, at: number): number {
  if (text.charCodeAt(at + 1) === BRACE_OPEN) {
    const close = text.indexOf('}', at);
    return close === -1 ? -1 : close + 1;
  }
  const tagEnd = wordEnd(text, at + 1);
  if (text.charCodeAt(tagEnd) !== DOLLAR) return -1;
  const tag = text.slice(at, tagEnd + 1);
  const close = text.indexOf(tag, tagEnd + 1);
  return close === -1 ? -1 : close + tag.length;
}

/** Whether `${…}` holds a mere name, dotted or with a prefix. */
function isVariableName(text: string, start: number, end: number): boolean {
  if (start === end) return false;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    const isName =
      isDigit(code) ||
      code === DOT ||
      code === COLON ||
      code === MINUS ||
      (code < ASCII && charClasses[code] === CHAR_WORD);
    if (!isName) return false;
  }
  return true;
}

/** Offset after the URI that goes on at `at` (its scheme came before). */
function uriEnd(text: string, at: number): number {
  let pos = at;
  while (pos < text.length) {
    const code = text.charCodeAt(pos);
    if (code >= ASCII) {
      if (SPACE.test(text.charAt(pos))) return pos;
    } else {
      const charClass = charClasses[code];
      if (charClass === CHAR_BLANK || charClass === CHAR_QUOTE) return pos;
      if (code === BACK_QUOTE || code === 0x28 || code === 0x29 || code === 0x2c || code === 0x3b) {
        return pos;
      }
    }
    pos++;
  }
  return pos;
}

/**
 * Reads `text` into `tokens`, which must have room for `text.length` of them. The grammar is that of
 * https://docs.databricks.com/aws/en/sql/language-manual/ : both quotes make strings, back quotes make names.
 * Never throws; the time is linear in the length.
 */
export function tokenize(text: string, tokens: TokenList): void {
  const { kinds, keywords, ends } = tokens;
  const length = text.length;
  let count = 0;
  let pos = 0;
  let isInHint = false;
  let previous: number = TokenKind.BLANK;
  while (pos < length) {
    const start = pos;
    const code = text.charCodeAt(pos);
    let kind: number = TokenKind.UNKNOWN;
    let keyword: number = Keyword.NONE;
    switch (code < ASCII ? (charClasses[code] as number) : CHAR_UNKNOWN) {
      case CHAR_BLANK:
        kind = TokenKind.BLANK;
        do pos++;
        while (pos < length && isBlank(text, pos));
        break;
      case CHAR_WORD: {
        kind = TokenKind.WORD;
        let hash = 0;
        let letter = code;
        do {
          hash = (Math.imul(hash, 31) + (letter | CASE_BIT)) | 0;
          letter = text.charCodeAt(++pos);
        } while (letter < ASCII && WORD_PARTS[letter] === 1);
        if (letter >= ASCII) pos = wordEnd(text, pos);
        if (pos - start === 1 && (letter === SINGLE_QUOTE || letter === DOUBLE_QUOTE)) {
          const prefix = code | CASE_BIT;
          if (prefix === LOWER_R) {
            kind = TokenKind.STRING;
            const close = text.indexOf(letter === SINGLE_QUOTE ? "'" : '"', pos + 1);
            pos = close === -1 ? length : close + 1;
          } else if (prefix === LOWER_X) {
            kind = TokenKind.STRING;
            pos = closedAt(stringEnd(text, pos), length);
          }
        } else if (
          letter === COLON &&
          text.charCodeAt(pos + 1) === SLASH &&
          text.charCodeAt(pos + 2) === SLASH
        ) {
          kind = TokenKind.STRING;
          pos = uriEnd(text, pos);
        } else if (!isPartOfName(text, start, letter, pos)) {
          keyword = keywordAt(text, start, pos, hash);
        }
        break;
      }
      case CHAR_DIGIT:
        kind = TokenKind.NUMBER;
        pos = numberEnd(text, pos);
        break;
      case CHAR_OPERATOR:
        kind = TokenKind.OPERATOR;
        pos++;
        break;
      case CHAR_QUOTE:
        kind = TokenKind.STRING;
        pos = closedAt(stringEnd(text, pos), length);
        break;
      case CHAR_SPECIAL: {
        const next = text.charCodeAt(pos + 1);
        kind = TokenKind.OPERATOR;
        switch (code) {
          case QUESTION:
            kind = TokenKind.MARKER;
            pos++;
            break;
          case BACK_QUOTE: {
            const end = backQuotedEnd(text, pos);
            kind = end === -1 ? TokenKind.UNKNOWN : TokenKind.QUOTED;
            pos = closedAt(end, length);
            break;
          }
          case DOT:
            if (isDigit(next) && !isOperand(text, start, previous)) {
              kind = TokenKind.NUMBER;
              pos = numberEnd(text, pos);
            } else {
              pos++;
            }
            break;
          case PLUS:
          case MINUS:
            if (code === MINUS && next === MINUS) {
              kind = TokenKind.COMMENT;
              pos = lineCommentEnd(text, pos);
            } else if (isDigit(next) || (next === DOT && isDigit(text.charCodeAt(pos + 2)))) {
              kind = TokenKind.NUMBER;
              pos = numberEnd(text, pos);
            } else {
              pos++;
            }
            break;
          case SLASH:
            if (next !== ASTERISK) {
              pos++;
            } else if (text.charCodeAt(pos + 2) === PLUS) {
              isInHint = true;
              pos += 3;
            } else {
              const end = bracketedCommentEnd(text, pos);
              kind = end === -1 ? TokenKind.UNKNOWN : TokenKind.COMMENT;
              pos = closedAt(end, length);
            }
            break;
          case ASTERISK:
            pos++;
            if (isInHint && next === SLASH) {
              isInHint = false;
              pos++;
            }
            break;
          case COLON:
            if (next === COLON) {
              pos += 2;
            } else if (
              isWordStart(text, pos + 1) &&
              !(isOperand(text, start, previous) && keywords[count - 1] === Keyword.NONE)
            ) {
              kind = TokenKind.MARKER;
              pos = wordEnd(text, pos + 1);
            } else {
              pos++;
            }
            break;
          case AT:
            // `table@v12` and `table@20240101…`: the version is a number of its own, other `@name`s are words.
            pos += (next | CASE_BIT) === LOWER_V && isVersion(text, pos + 2) ? 2 : 1;
            break;
          case PIPE:
            pos += next === GREATER ? 2 : 1;
            break;
          default: {
            const end = dollarEnd(text, pos);
            if (end === -1) {
              kind = TokenKind.UNKNOWN;
              pos = length;
            } else {
              const isVariable = next === BRACE_OPEN && text.charCodeAt(end - 1) === BRACE_CLOSE;
              kind =
                isVariable && isVariableName(text, start + 2, end - 1)
                  ? TokenKind.MARKER
                  : TokenKind.STRING;
              pos = end;
            }
          }
        }
        break;
      }
      default:
        if (code >= ASCII && isBlank(text, pos)) {
          kind = TokenKind.BLANK;
          do pos++;
          while (pos < length && isBlank(text, pos));
        } else if (code >= ASCII && letterLength(text, pos) > 0) {
          kind = TokenKind.WORD;
          pos = wordEnd(text, pos);
        } else {
          pos = length;
        }
    }
    kinds[count] = kind;
    keywords[count] = keyword;
    ends[count] = pos;
    count++;
    previous = kind;
  }
  kinds[count] = TokenKind.UNKNOWN;
  keywords[count] = Keyword.NONE;
  ends[count] = length;
  tokens.count = count;
}

const WORD_PARTS = new Uint8Array(ASCII);
for (let i = 0; i < ASCII; i++) {
  if (charClasses[i] === CHAR_WORD || charClasses[i] === CHAR_DIGIT) WORD_PARTS[i] = 1;
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < ASCII ? charClasses[code] === CHAR_BLANK : SPACE.test(text.charAt(at));
}

function closedAt(end: number, length: number): number {
  return end === -1 ? length : end;
}

/** Whether what directly precedes `at` is something that a `.` or `:` can reach into. */
function isOperand(text: string, at: number, previous: number): boolean {
  if (previous === TokenKind.OPERATOR) {
    const code = text.charCodeAt(at - 1);
    return code === PARENTHESIS_CLOSE || code === BRACKET_CLOSE;
  }
  return previous >= TokenKind.WORD && previous <= TokenKind.MARKER;
}

/** Whether the word up to `end` is a part of a dotted name, a path or a variable, where no word is a keyword. */
function isPartOfName(text: string, start: number, next: number, end: number): boolean {
  if (next === DOT && !isDigit(text.charCodeAt(end + 1))) return true;
  if (start === 0) return false;
  const before = text.charCodeAt(start - 1);
  return (
    before === DOT || before === AT || (before === COLON && text.charCodeAt(start - 2) !== COLON)
  );
}

/** Whether only digits follow, up to the end of the word. */
function isVersion(text: string, at: number): boolean {
  let pos = at;
  while (isDigit(text.charCodeAt(pos))) pos++;
  return pos > at && wordEnd(text, pos) === pos;
}
