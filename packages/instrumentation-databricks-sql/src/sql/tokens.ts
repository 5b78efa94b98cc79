import { endianness } from 'node:os';
import { Keyword } from './keywords';

/** What a token is. Every character of the text is in exactly one token. */
const TokenKind = {
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

const BYTES_PER_CODE = 2;
/** The grammar looks no further ahead than this beyond the end of the text. */
const LOOKAHEAD = 4;
const IS_BIG_ENDIAN = endianness() === 'BE';

// A token is one number: its end, its keyword and its kind. Three arrays take half as long again to fill.
const KIND_BITS = 4;
const KIND_MASK = 0xf;
const KEYWORD_MASK = 0xff;
const END_SHIFT = 12;

/**
 * The tokens of one text, in order; a token starts where the one before it ends. The position after the last token may
 * be looked at: it is an UNKNOWN without characters.
 */
export class TokenList {
  text = '';
  count = 0;
  /** UTF-16 codes of the text, zeros after it: reading them here takes half the time of `charCodeAt`. */
  readonly codes: Uint16Array;
  private readonly bytes: Buffer;
  private readonly packed: Int32Array;

  /**
   * `capacity`: length of the longest text the list is for, in UTF-16 units; below 2¹⁹, for an end has to fit beside
   * kind and keyword.
   */
  constructor(readonly capacity: number) {
    this.packed = new Int32Array(capacity + 1);
    this.codes = new Uint16Array(capacity + LOOKAHEAD);
    this.bytes = Buffer.from(this.codes.buffer);
  }

  /** Takes over `text`, without tokens yet. */
  load(text: string): void {
    const { length } = text;
    const { codes } = this;
    this.text = text;
    this.count = 0;
    this.bytes.write(text, 0, 'utf16le');
    if (IS_BIG_ENDIAN) this.bytes.subarray(0, length * BYTES_PER_CODE).swap16();
    for (let i = 0; i < LOOKAHEAD; i++) codes[length + i] = 0;
  }

  /** Sets the token at `index`; {@link end} makes it part of the list. */
  set(index: number, kind: number, keyword: number, end: number): void {
    this.packed[index] = (end << END_SHIFT) | (keyword << KIND_BITS) | kind;
  }

  /** Ends the list after `count` tokens. */
  end(count: number): void {
    this.set(count, TokenKind.UNKNOWN, Keyword.NONE, this.text.length);
    this.count = count;
  }

  // None of these is ever asked for a position before the first: the engine would give up what makes them fast.

  /** The {@link TokenKind} of the token. */
  kind(index: number): number {
    return (this.packed[index] as number) & KIND_MASK;
  }

  /** The {@link Keyword} of the token; `Keyword.NONE` for what is no word or is part of a dotted name. */
  keyword(index: number): number {
    return ((this.packed[index] as number) >> KIND_BITS) & KEYWORD_MASK;
  }

  /** Offset of the first character of the token. */
  start(index: number): number {
    return index === 0 ? 0 : (this.packed[index - 1] as number) >> END_SHIFT;
  }

  /** Offset of the first character after the token. */
  endOf(index: number): number {
    return (this.packed[index] as number) >> END_SHIFT;
  }

  /** The characters of the token. */
  slice(index: number): string {
    return this.text.slice(this.start(index), this.endOf(index));
  }

  /** Position of the first token from `index` on that is neither blank nor comment, or `count`. */
  significant(index: number): number {
    if (index >= this.count) return this.count;
    let i = index;
    while (this.kind(i) <= TokenKind.COMMENT) i++;
    return i;
  }

  /** Position of the first token from `index` on that is neither blank, comment nor string: strings in a row are one. */
  stringsEnd(index: number): number {
    let i = this.significant(index);
    while (this.kind(i) === TokenKind.STRING) i = this.significant(i + 1);
    return i;
  }

  /** Position of the last token before `index` that is neither blank nor comment, or -1. */
  significantBefore(index: number): number {
    let i = index - 1;
    while (i >= 0 && this.kind(i) <= TokenKind.COMMENT) i--;
    return i;
  }

  /** Code of the first character of the operator at `index`; 0 when there is none. */
  operatorAt(index: number): number {
    return this.kind(index) === TokenKind.OPERATOR ? (this.codes[this.start(index)] as number) : 0;
  }

  /** Whether there is a word or a name in back quotes at `index`. */
  isName(index: number): boolean {
    const kind = this.kind(index);
    return kind === TokenKind.WORD || kind === TokenKind.QUOTED;
  }
}

// Exported here and not where they are declared, so that this module reads constants, not members of its exports.
export { TokenKind };
