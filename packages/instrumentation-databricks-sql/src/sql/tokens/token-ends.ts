import {
  ASCII_END,
  CASE_BIT,
  CharClass,
  Code,
  charClasses,
  isWhitespace,
  isDigit,
  wordEnd,
} from './characters';

/** Result of the functions in this file for a token that is not closed. */
export const UNCLOSED = -1;

/** Offset after the string that opens at `at`. A backslash escapes the next character; a doubled quote is a quote. */
export function stringEnd(codes: Uint16Array, at: number, length: number): number {
  const quote = codes[at] as number;
  let pos = at + 1;
  while (pos < length) {
    const code = codes[pos] as number;
    if (code === quote) {
      if (codes[pos + 1] !== quote) return pos + 1;
      pos += 2;
    } else {
      pos += code === Code.BACKSLASH ? 2 : 1;
    }
  }
  return UNCLOSED;
}

/** Offset after the next `quote` from `at` on. Raw strings have no escapes. */
export function rawStringEnd(
  codes: Uint16Array,
  at: number,
  length: number,
  quote: number,
): number {
  let pos = at;
  while (pos < length && codes[pos] !== quote) pos++;
  return pos < length ? pos + 1 : UNCLOSED;
}

/** Offset after the back-quoted name that opens at `at`. */
export function backQuotedEnd(codes: Uint16Array, at: number, length: number): number {
  let pos = at + 1;
  while (pos < length) {
    if (codes[pos] === Code.BACK_QUOTE) {
      if (codes[pos + 1] !== Code.BACK_QUOTE) return pos + 1;
      pos++;
    }
    pos++;
  }
  return UNCLOSED;
}

/** Offset of the end of the `--` comment at `at`. As in Spark, a backslash before the line feed continues the comment. */
export function lineCommentEnd(codes: Uint16Array, at: number, length: number): number {
  let pos = at + 2;
  while (pos < length) {
    const code = codes[pos];
    if (code === Code.CARRIAGE_RETURN) return pos;
    if (code === Code.LINE_FEED && codes[pos - 1] !== Code.BACKSLASH) return pos;
    pos++;
  }
  return pos;
}

/**
 * Offset after the bracketed comment at `at`. A comment that contains `/*+` counts as unclosed: hints do not nest, so its
 * end is ambiguous.
 */
export function bracketedCommentEnd(codes: Uint16Array, at: number, length: number): number {
  let depth = 1;
  let pos = at + 2;
  while (pos < length) {
    const code = codes[pos];
    const next = codes[pos + 1];
    if (code === Code.ASTERISK && next === Code.SLASH) {
      pos += 2;
      if (--depth === 0) return pos;
    } else if (code === Code.SLASH && next === Code.ASTERISK) {
      if (codes[pos + 2] === Code.PLUS) return UNCLOSED;
      depth++;
      pos += 2;
    } else {
      pos++;
    }
  }
  return UNCLOSED;
}

/** Offset after the number, or word that starts with a digit, at `at`. A sign may come first. */
export function numberEnd(codes: Uint16Array, at: number): number {
  let pos = at;
  let code = codes[pos] as number;
  if (code === Code.PLUS || code === Code.MINUS) code = codes[++pos] as number;
  const first = pos;
  let hasDot = false;
  let isPlain = true;
  for (;;) {
    if (isDigit(code)) {
      pos++;
    } else if (code === Code.DOT && !hasDot && isPlain) {
      hasDot = true;
      pos++;
    } else if (isPlain && (code | CASE_BIT) === Code.LOWER_E && pos > first) {
      isPlain = false;
      const sign = codes[pos + 1];
      const isSigned = sign === Code.PLUS || sign === Code.MINUS;
      pos += isSigned && isDigit(codes[pos + 2] as number) ? 2 : 1;
    } else {
      const end = wordEnd(codes, pos);
      if (end === pos) return pos;
      isPlain = false;
      pos = end;
    }
    code = codes[pos] as number;
  }
}

/** Offset after the body that `$$` or `$tag$` opens at `at`. As in Spark, a tag consists of ASCII letters. */
export function dollarQuotedEnd(sql: string, codes: Uint16Array, at: number): number {
  let tagEnd = at + 1;
  while (isAsciiLetter(codes[tagEnd] as number)) tagEnd++;
  if (codes[tagEnd] !== Code.DOLLAR) return UNCLOSED;
  const tag = sql.slice(at, tagEnd + 1);
  const close = sql.indexOf(tag, tagEnd + 1);
  return close === -1 ? UNCLOSED : close + tag.length;
}

function isAsciiLetter(code: number): boolean {
  const lowerCase = code | CASE_BIT;
  return lowerCase >= Code.LOWER_A && lowerCase <= Code.LOWER_Z;
}

/** Whether the braces of a variable hold only a name, such as `name`, `a.b` or `env:name`, from `at` up to `end`. */
export function isVariableName(codes: Uint16Array, at: number, end: number): boolean {
  for (let i = at; i < end; i++) {
    const code = codes[i] as number;
    const isName =
      isDigit(code) ||
      code === Code.DOT ||
      code === Code.COLON ||
      code === Code.MINUS ||
      (code < ASCII_END && charClasses[code] === CharClass.LETTER);
    if (!isName) return false;
  }
  return at < end;
}

/**
 * Offset after the unquoted URI or path that continues at `at`. One that contains the beginning of a comment or of a
 * dollar-quoted body, or that ends at a quote, counts as unclosed: Spark would split it there.
 */
export function uriEnd(codes: Uint16Array, at: number, length: number): number {
  let pos = at;
  while (pos < length) {
    const code = codes[pos] as number;
    switch (code) {
      case Code.SINGLE_QUOTE:
      case Code.DOUBLE_QUOTE:
      case Code.BACK_QUOTE:
      case Code.DOLLAR:
        return UNCLOSED;
      case Code.PARENTHESIS_OPEN:
      case Code.PARENTHESIS_CLOSE:
      case Code.COMMA:
      case Code.SEMICOLON:
        return pos;
      default:
        if (isWhitespace(code)) return pos;
        if (startsComment(codes, pos)) return UNCLOSED;
    }
    pos++;
  }
  return pos;
}

function startsComment(codes: Uint16Array, at: number): boolean {
  const next = codes[at + 1];
  switch (codes[at]) {
    case Code.MINUS:
      return next === Code.MINUS;
    case Code.SLASH:
      return next === Code.ASTERISK;
    default:
      return false;
  }
}

/**
 * Offset after the variable `${…}` that opens at `at` and closes at `close`. One that contains a quote, a dollar sign or
 * the beginning of a comment counts as unclosed: without variable substitution, Spark would split it there.
 */
export function variableEnd(codes: Uint16Array, at: number, close: number): number {
  for (let i = at + 2; i < close; i++) {
    switch (codes[i]) {
      case Code.SINGLE_QUOTE:
      case Code.DOUBLE_QUOTE:
      case Code.BACK_QUOTE:
      case Code.DOLLAR:
        return UNCLOSED;
      default:
        if (startsComment(codes, i)) return UNCLOSED;
    }
  }
  return close + 1;
}

/**
 * Whether the word that ends at `end` could end in the prefix of a raw string: the letter `r` after a letter outside
 * ASCII, which only some versions of Spark read as part of a word.
 */
export function mayEndInRawPrefix(codes: Uint16Array, end: number): boolean {
  if (!isRawPrefix(codes, end - 1)) return false;
  return end > 1 && (codes[end - 2] as number) >= ASCII_END;
}

/** Whether a raw string starts at `at`. */
export function isRawPrefix(codes: Uint16Array, at: number): boolean {
  if (((codes[at] as number) | CASE_BIT) !== Code.LOWER_R) return false;
  const quote = codes[at + 1];
  return quote === Code.SINGLE_QUOTE || quote === Code.DOUBLE_QUOTE;
}

/** Whether the word from `at` on consists of digits only. */
export function isVersion(codes: Uint16Array, at: number): boolean {
  let pos = at;
  while (isDigit(codes[pos] as number)) pos++;
  return pos > at && wordEnd(codes, pos) === pos;
}
