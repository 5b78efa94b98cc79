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
  LOWER_E: 0x65,
  LOWER_R: 0x72,
  LOWER_V: 0x76,
  LOWER_X: 0x78,
  BRACE_OPEN: 0x7b,
  PIPE: 0x7c,
} as const;

/** Codes from here on are not ASCII and have no class in {@link charClasses}. */
const ASCII_END = 0x80;
/** Set in the code of an ASCII letter, it makes the letter lower case. */
const CASE_BIT = 0x20;

const CharClass = {
  UNKNOWN: 0,
  BLANK: 1,
  LETTER: 2,
  DIGIT: 3,
  /** An operator of one character. */
  OPERATOR: 4,
  QUOTE: 5,
  /** What it is depends on its neighbours. */
  SPECIAL: 6,
} as const;

/** {@link CharClass} by ASCII code. */
const charClasses = new Uint8Array(ASCII_END);
/** 1 for letters, digits and the underscore, by ASCII code. */
const wordCharacters = new Uint8Array(ASCII_END);

function classify(characters: string, charClass: number): void {
  for (let i = 0; i < characters.length; i++) {
    const code = characters.charCodeAt(i);
    charClasses[code] = charClass;
    if (charClass === CharClass.LETTER || charClass === CharClass.DIGIT) wordCharacters[code] = 1;
  }
}
classify(' \t\n\v\f\r', CharClass.BLANK);
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
  // With the flag `u`, half a pair is no letter and a pair is one character.
  return PAIRED_LETTER.test(String.fromCharCode(code, codes[at + 1] as number)) ? 2 : 0;
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Blanks are those of ASCII and the space separators of Unicode, the no-break space among them. */
export function isBlank(code: number): boolean {
  return code < ASCII_END
    ? charClasses[code] === CharClass.BLANK
    : SPACE.test(String.fromCharCode(code));
}

/** Offset after the letters, digits and underscores from `at` on. */
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

// Exported here and not where they are declared, so that this module reads constants, not members of its exports.
export { ASCII_END, CASE_BIT, CharClass, charClasses, wordCharacters };
