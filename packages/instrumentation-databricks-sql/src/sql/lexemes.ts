import {
  ASCII_END,
  CASE_BIT,
  CharClass,
  Code as codesByName,
  charClasses,
  isBlank,
  isDigit,
  wordEnd,
} from './characters';

// Constants of this module: the engine folds them, as it does not the members of what is imported.
const Code = codesByName;

/** What the functions here give for something that is not closed before the text ends. */
export const UNCLOSED = -1;

/** Offset after the string whose opening quote is at `at`: a backslash escapes, and so does doubling the quote. */
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

/** Offset after the next `quote` from `at` on: raw strings know no escapes. */
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

/** Offset after the name whose opening back quote is at `at`. */
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

/** Offset of the end of the line of a `--` comment; a backslash before the line feed continues it. */
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
 * Offset after a bracketed comment. One in which a hint opens counts as unclosed: the grammar does not nest hints, and
 * where such a comment ends is not worth a guess.
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

/** Offset after the number, or the word that starts with a digit, at `at`; its sign may come first. */
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

/** Offset after the body that is quoted by `$$` or `$tag$` at `at`. */
export function dollarQuotedEnd(text: string, codes: Uint16Array, at: number): number {
  const tagEnd = wordEnd(codes, at + 1);
  if (codes[tagEnd] !== Code.DOLLAR) return UNCLOSED;
  const tag = text.slice(at, tagEnd + 1);
  const close = text.indexOf(tag, tagEnd + 1);
  return close === -1 ? UNCLOSED : close + tag.length;
}

/** Whether a variable's braces hold a mere name, dotted or with a prefix, from `at` up to `end`. */
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

/** Offset after the URI without quotes that goes on at `at`. */
export function uriEnd(codes: Uint16Array, at: number, length: number): number {
  let pos = at;
  while (pos < length) {
    const code = codes[pos] as number;
    switch (code) {
      case Code.SINGLE_QUOTE:
      case Code.DOUBLE_QUOTE:
      case Code.BACK_QUOTE:
      case Code.PARENTHESIS_OPEN:
      case Code.PARENTHESIS_CLOSE:
      case Code.COMMA:
      case Code.SEMICOLON:
        return pos;
      default:
        if (isBlank(code)) return pos;
    }
    pos++;
  }
  return pos;
}

/** Whether only digits follow at `at`, up to the end of the word. */
export function isVersion(codes: Uint16Array, at: number): boolean {
  let pos = at;
  while (isDigit(codes[pos] as number)) pos++;
  return pos > at && wordEnd(codes, pos) === pos;
}
