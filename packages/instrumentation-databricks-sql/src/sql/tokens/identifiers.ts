import { Code } from './characters';
import { Keyword, keywordAt } from './keywords';
import { TokenKind } from './token-list';
import type { TokenList } from './token-list';

/** File formats: the back-quoted part after the name of one and a dot is a path, as in ``delta.`/path` ``. */
const PATH_FORMATS = new Set([
  'avro',
  'binaryfile',
  'csv',
  'delta',
  'deltasharing',
  'excel',
  'iceberg',
  'image',
  'json',
  'orc',
  'parquet',
  'text',
  'xml',
]);

/** A name that stays unambiguous without back quotes in a list separated by spaces and dots. */
const SAFE_NAME = /^[\p{L}\p{N}_-]+$/u;

/** Result of {@link nameEnd} for a name that is only known at run time or is not a valid name. */
export const UNKNOWN_NAME = -1;

/** A word that Spark reads as a number although it has letters. Words that start with `0x` are treated as numbers too. */
const NUMBER = /^(?:0x|[\d.+-]+(?:[LSY]|(?:E\d*)?(?:F|D|BD)?)?$)/i;

const HIGH_SURROGATES = 0xd800;
const LOW_SURROGATES = 0xdc00;
const SURROGATES_END = 0xe000;

/**
 * Whether the back-quoted name at `index` must be masked: it holds a path, an e-mail address (a principal) or a lone
 * surrogate.
 */
export function isMaskedName(tokens: TokenList, index: number): boolean {
  const { codes } = tokens;
  const start = tokens.start(index);
  const end = tokens.endOf(index) - 1;
  if (codes[start + 1] === Code.SLASH) return true;
  for (let i = start + 1; i < end; i++) {
    const code = codes[i] as number;
    if (code === Code.AT) return true;
    if (code === Code.COLON && codes[i + 1] === Code.SLASH) return true;
    if (code >= HIGH_SURROGATES && code < SURROGATES_END) {
      const next = codes[i + 1] as number;
      if (code >= LOW_SURROGATES || next < LOW_SURROGATES || next >= SURROGATES_END) return true;
      i++;
    }
  }
  return followsFormat(tokens, index);
}

/** Whether the name part at `index` follows the name of a file format and a dot. */
function followsFormat(tokens: TokenList, index: number): boolean {
  const dot = tokens.significantBefore(index);
  if (dot === -1 || tokens.operatorAt(dot) !== Code.DOT) return false;
  const format = tokens.significantBefore(dot);
  if (format === -1) return false;
  const name = tokens.slice(format).toLowerCase();
  return PATH_FORMATS.has(tokens.kind(format) === TokenKind.QUOTED ? name.slice(1, -1) : name);
}

/**
 * Position of the last token of the dotted name that starts at `index`, or {@link UNKNOWN_NAME} when one of its parts is
 * a number, a variable or `IDENTIFIER(…)`.
 */
export function nameEnd(tokens: TokenList, index: number): number {
  let last = index;
  for (;;) {
    const next = tokens.significant(last + 1);
    // In `.2024` the dot belongs to the number.
    if (tokens.codes[tokens.start(next)] !== Code.DOT) {
      return isIdentifierClause(tokens, last, next) ? UNKNOWN_NAME : last;
    }
    const part = tokens.significant(next + 1);
    if (tokens.kind(next) !== TokenKind.OPERATOR || !isTargetPart(tokens, part)) {
      return UNKNOWN_NAME;
    }
    last = part;
  }
}

/** Whether the word at `index` is the IDENTIFIER of `IDENTIFIER(…)`. `next`: position of the token after it. */
function isIdentifierClause(tokens: TokenList, index: number, next: number): boolean {
  if (tokens.operatorAt(next) !== Code.PARENTHESIS_OPEN) return false;
  if (tokens.kind(index) !== TokenKind.WORD) return false;
  // The tokenizer assigns no keyword to parts of a dotted name.
  return keywordAt(tokens.codes, tokens.start(index), tokens.endOf(index)) === Keyword.IDENTIFIER;
}

/** The name part at `index`, without back quotes when it is unambiguous without them. */
export function namePart(tokens: TokenList, index: number): string {
  const part = tokens.slice(index);
  if (tokens.kind(index) !== TokenKind.QUOTED) return part;
  if (isMaskedName(tokens, index)) return '?';
  const name = part.slice(1, -1);
  return SAFE_NAME.test(name) ? name : part;
}

/** The dotted name from `index` up to the token at `last`. */
export function dottedName(tokens: TokenList, index: number, last: number): string {
  if (isPlain(tokens, index, last)) {
    return tokens.sql.slice(tokens.start(index), tokens.endOf(last));
  }
  let name = namePart(tokens, index);
  for (let i = index + 1; i <= last; i++) {
    if (isTargetPart(tokens, i)) name += `.${namePart(tokens, i)}`;
  }
  return name;
}

/** Whether the token at `index` can be part of the name of a target: a name, or a word that starts with a digit. */
export function isTargetPart(tokens: TokenList, index: number): boolean {
  if (tokens.isName(index)) return true;
  return tokens.kind(index) === TokenKind.NUMBER && !NUMBER.test(tokens.slice(index));
}

/** Whether the name has neither back quotes nor whitespace, so that the summary can show it as written. */
function isPlain(tokens: TokenList, index: number, last: number): boolean {
  for (let i = index; i <= last; i++) {
    const kind = tokens.kind(i);
    if (kind === TokenKind.QUOTED || kind <= TokenKind.COMMENT) return false;
  }
  return true;
}
