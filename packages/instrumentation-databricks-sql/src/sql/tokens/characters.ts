/** UTF-16 codes of the characters that mean something to Databricks SQL. */
export const Code = {
  LINE_FEED: 0x0a,
  CARRIAGE_RETURN: 0x0d,
  DOUBLE_QUOTE: 0x22,
  DOLLAR: 0x24,
  SINGLE_QUOTE: 0x27,
  PARENTHESIS_OPEN: 0x28,
  PARENTHESIS_CLOSE: 0x29,
  ASTERISK: 0x2a,
  PLUS: 0x2b,
  COMMA: 0x2c,
  MINUS: 0x2d,
  DOT: 0x2e,
  SLASH: 0x2f,
  COLON: 0x3a,
  SEMICOLON: 0x3b,
  EQUALS: 0x3d,
  GREATER: 0x3e,
  QUESTION: 0x3f,
  AT: 0x40,
  BACKSLASH: 0x5c,
  BRACKET_CLOSE: 0x5d,
  BACK_QUOTE: 0x60,
  LOWER_A: 0x61,
  LOWER_E: 0x65,
  LOWER_R: 0x72,
  LOWER_V: 0x76,
  LOWER_X: 0x78,
  LOWER_Z: 0x7a,
  BRACE_OPEN: 0x7b,
  PIPE: 0x7c,
} as const;

/** The first code after ASCII; codes from here on have no entry in {@link charClasses}. */
export const ASCII_END = 0x80;
/** Setting this bit in the code of an ASCII letter makes the letter lower case. */
export const CASE_BIT = 0x20;

export const CharClass = {
  UNKNOWN: 0,
  WHITESPACE: 1,
  LETTER: 2,
  DIGIT: 3,
  /** An operator of one character. */
  OPERATOR: 4,
  QUOTE: 5,
  /** The characters next to it decide what it is. */
  SPECIAL: 6,
} as const;

/** {@link CharClass} by ASCII code. */
export const charClasses = new Uint8Array(ASCII_END);
/** 1 for letters, digits and the underscore, by ASCII code. */
export const wordCharacters = new Uint8Array(ASCII_END);

function classify(characters: string, charClass: number): void {
  for (let i = 0; i < characters.length; i++) {
    const code = characters.charCodeAt(i);
    charClasses[code] = charClass;
    if (charClass === CharClass.LETTER || charClass === CharClass.DIGIT) wordCharacters[code] = 1;
  }
}
classify(' \t\n\v\f\r', CharClass.WHITESPACE);
classify('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_', CharClass.LETTER);
classify('0123456789', CharClass.DIGIT);
classify('(),;=<>!%&^~{}[]', CharClass.OPERATOR);
classify('\'"', CharClass.QUOTE);
classify('`$:.+-/*|@?', CharClass.SPECIAL);

const LETTER = /\p{L}/u;
const PAIRED_LETTER = /^\p{L}$/u;
const SPACE = /\s/;

/** UTF-16 length of the letter outside ASCII at `at`, or 0. */
export function letterLength(codes: Uint16Array, at: number): number {
  const code = codes[at] as number;
  if (code < 0xd800 || code > 0xdfff) return LETTER.test(String.fromCharCode(code)) ? 1 : 0;
  // With the flag `u`, a surrogate pair is one character and a lone surrogate is not a letter.
  return PAIRED_LETTER.test(String.fromCharCode(code, codes[at + 1] as number)) ? 2 : 0;
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Whitespace is that of ASCII and the space separators of Unicode, including the no-break space. */
export function isWhitespace(code: number): boolean {
  return code < ASCII_END
    ? charClasses[code] === CharClass.WHITESPACE
    : SPACE.test(String.fromCharCode(code));
}

/** Offset of the first character from `at` on that is not a letter, digit or underscore. */
export function wordEnd(codes: Uint16Array, at: number): number {
  let pos = at;
  for (;;) {
    const code = codes[pos] as number;
    if (code < ASCII_END) {
      if (wordCharacters[code] !== 1) return pos;
      pos++;
    } else {
      const length = letterLength(codes, pos);
      if (length === 0) return pos;
      pos += length;
    }
  }
}

export function isWordStart(codes: Uint16Array, at: number): boolean {
  const code = codes[at] as number;
  return code < ASCII_END ? charClasses[code] === CharClass.LETTER : letterLength(codes, at) > 0;
}
