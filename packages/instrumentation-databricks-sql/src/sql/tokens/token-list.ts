import { endianness } from 'node:os';
import { Keyword } from './keywords';

/** The kinds of tokens. Every character of a statement belongs to exactly one token. */
export const TokenKind = {
  WHITESPACE: 0,
  /** `--` to the end of the line, or a bracketed comment including the comments nested in it. */
  COMMENT: 1,
  /** An identifier or keyword without quotes. */
  WORD: 2,
  /** An identifier in back quotes. */
  QUOTED: 3,
  /** A string, raw string, binary literal, dollar-quoted body or unquoted URI; an unclosed one ends with the statement. */
  STRING: 4,
  /** A number with its sign and suffix, or a word that starts with a digit. */
  NUMBER: 5,
  /** `?`, `:name` or `${name}`. */
  MARKER: 6,
  OPERATOR: 7,
  /** An invalid character or an unclosed quote, and everything after it. */
  UNKNOWN: 8,
} as const;

const BYTES_PER_CODE = 2;
/** The tokenizer reads at most this many codes past the end. */
const LOOKAHEAD = 4;
const IS_BIG_ENDIAN = endianness() === 'BE';

// A token is packed into one number: end, keyword and kind. Filling three arrays instead takes 1.5 times as long.
const KIND_BITS = 4;
const KIND_MASK = 0xf;
const KEYWORD_MASK = 0xff;
const END_SHIFT = 12;

/**
 * The tokens of one SQL string, in order; a token starts where the previous one ends. Position `count` may be read: it
 * holds an empty UNKNOWN token.
 */
export class TokenList {
  sql = '';
  count = 0;
  /** UTF-16 codes of the string, followed by zeros. Reading them takes half the time of `charCodeAt`. */
  readonly codes: Uint16Array;
  readonly #bytes: Buffer;
  readonly #packed: Int32Array;

  /**
   * @param capacity length of the longest string that fits, in UTF-16 units; below 2¹⁹, because the end of a token
   * shares one number with its kind and keyword
   */
  constructor(readonly capacity: number) {
    this.#packed = new Int32Array(capacity + 1);
    this.codes = new Uint16Array(capacity + LOOKAHEAD);
    this.#bytes = Buffer.from(this.codes.buffer);
  }

  /** Replaces the content by `sql`, which has no tokens yet. */
  load(sql: string): void {
    const { length } = sql;
    const { codes } = this;
    this.sql = sql;
    this.count = 0;
    this.#bytes.write(sql, 0, 'utf16le');
    if (IS_BIG_ENDIAN) this.#bytes.subarray(0, length * BYTES_PER_CODE).swap16();
    for (let i = 0; i < LOOKAHEAD; i++) codes[length + i] = 0;
  }

  /** Sets the token at `index`; {@link end} then makes it part of the list. */
  set(index: number, kind: number, keyword: number, end: number): void {
    this.#packed[index] = (end << END_SHIFT) | (keyword << KIND_BITS) | kind;
  }

  /** Ends the list after `count` tokens. */
  end(count: number): void {
    this.set(count, TokenKind.UNKNOWN, Keyword.NONE, this.sql.length);
    this.count = count;
  }

  // Callers must not pass a negative index: V8 deoptimizes typed array reads that were once out of bounds.

  /** The {@link TokenKind} of the token. */
  kind(index: number): number {
    return (this.#packed[index] as number) & KIND_MASK;
  }

  /** The {@link Keyword} of the token; `Keyword.NONE` for other words, other kinds of tokens and parts of dotted names. */
  keyword(index: number): number {
    return ((this.#packed[index] as number) >> KIND_BITS) & KEYWORD_MASK;
  }

  /** Offset of the first character of the token. */
  start(index: number): number {
    return index === 0 ? 0 : (this.#packed[index - 1] as number) >> END_SHIFT;
  }

  /** Offset of the first character after the token. */
  endOf(index: number): number {
    return (this.#packed[index] as number) >> END_SHIFT;
  }

  /** The characters of the token. */
  slice(index: number): string {
    return this.sql.slice(this.start(index), this.endOf(index));
  }

  /** Position of the first token from `index` on that is neither whitespace nor comment, or `count`. */
  significant(index: number): number {
    if (index >= this.count) return this.count;
    let i = index;
    while (this.kind(i) <= TokenKind.COMMENT) i++;
    return i;
  }

  /**
   * Position of the first token from `index` on that is neither whitespace, comment nor string. Adjacent strings form
   * one literal.
   */
  stringsEnd(index: number): number {
    let i = this.significant(index);
    while (this.kind(i) === TokenKind.STRING) i = this.significant(i + 1);
    return i;
  }

  /** Position of the last token before `index` that is neither whitespace nor comment, or -1. */
  significantBefore(index: number): number {
    let i = index - 1;
    while (i >= 0 && this.kind(i) <= TokenKind.COMMENT) i--;
    return i;
  }

  /** Code of the first character of the operator at `index`; 0 when the token is not an operator. */
  operatorAt(index: number): number {
    return this.kind(index) === TokenKind.OPERATOR ? (this.codes[this.start(index)] as number) : 0;
  }

  /** Whether the token at `index` is a word or a back-quoted name. */
  isName(index: number): boolean {
    const kind = this.kind(index);
    return kind === TokenKind.WORD || kind === TokenKind.QUOTED;
  }
}
