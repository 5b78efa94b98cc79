import { Code } from './characters';
import { Keyword, keywordAt } from './keywords';
import { type TokenList, TokenKind } from './tokens';

/** Formats whose name before a dot makes the back-quoted part after it a path: ``delta.`/path` ``. */
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

/** A name that needs no back quotes to be told from its neighbours in a list parted by blanks and dots. */
const SAFE_NAME = /^[\p{L}\p{N}_-]+$/u;

/** What {@link nameEnd} gives for a name that cannot be told. */
export const UNKNOWN_NAME = -1;

const HIGH_SURROGATES = 0xd800;
const LOW_SURROGATES = 0xdc00;
const SURROGATES_END = 0xe000;

/**
 * Whether the back-quoted name at `index` holds what a name does not: a path, a mail address (a principal) or half a
 * character.
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

/** Whether the part at `index` comes after the name of a format and a dot. */
function followsFormat(tokens: TokenList, index: number): boolean {
  const dot = tokens.significantBefore(index);
  if (dot === -1 || tokens.operatorAt(dot) !== Code.DOT) return false;
  const format = tokens.significantBefore(dot);
  if (format === -1) return false;
  const name = tokens.slice(format).toLowerCase();
  return PATH_FORMATS.has(tokens.kind(format) === TokenKind.QUOTED ? name.slice(1, -1) : name);
}

/**
 * Position of the last token of the dotted name that starts at `index`, or {@link UNKNOWN_NAME} when a part of it is
 * none that can be told: a word that starts with a digit, a variable, `IDENTIFIER(…)`.
 */
export function nameEnd(tokens: TokenList, index: number): number {
  let last = index;
  for (;;) {
    const next = tokens.significant(last + 1);
    // The dot of `.2024` is in the number.
    if (tokens.codes[tokens.start(next)] !== Code.DOT) {
      return isIdentifierClause(tokens, last, next) ? UNKNOWN_NAME : last;
    }
    const part = tokens.significant(next + 1);
    if (tokens.kind(next) !== TokenKind.OPERATOR || !tokens.isName(part)) return UNKNOWN_NAME;
    last = part;
  }
}

/** Whether the word at `index` is the IDENTIFIER of `IDENTIFIER(…)`, given the position of what follows it. */
function isIdentifierClause(tokens: TokenList, index: number, next: number): boolean {
  if (tokens.operatorAt(next) !== Code.PARENTHESIS_OPEN) return false;
  if (tokens.kind(index) !== TokenKind.WORD) return false;
  // Parts of a dotted name have no keyword of their own.
  return keywordAt(tokens.codes, tokens.start(index), tokens.endOf(index)) === Keyword.IDENTIFIER;
}

/** The part of a name at `index`, without its back quotes where it does not need them. */
export function namePart(tokens: TokenList, index: number): string {
  const part = tokens.slice(index);
  if (tokens.kind(index) === TokenKind.WORD) return part;
  if (isMaskedName(tokens, index)) return '?';
  const name = part.slice(1, -1);
  return SAFE_NAME.test(name) ? name : part;
}

/** The dotted name from `index` up to the token at `last`. */
export function dottedName(tokens: TokenList, index: number, last: number): string {
  if (isPlain(tokens, index, last)) {
    return tokens.text.slice(tokens.start(index), tokens.endOf(last));
  }
  let name = namePart(tokens, index);
  for (let i = index + 1; i <= last; i++) {
    if (tokens.isName(i)) name += `.${namePart(tokens, i)}`;
  }
  return name;
}

/** Whether no part of the name is in back quotes or parted by blanks: it then is told as it is written. */
function isPlain(tokens: TokenList, index: number, last: number): boolean {
  for (let i = index; i <= last; i++) {
    const kind = tokens.kind(i);
    if (kind !== TokenKind.WORD && kind !== TokenKind.OPERATOR) return false;
  }
  return true;
}
