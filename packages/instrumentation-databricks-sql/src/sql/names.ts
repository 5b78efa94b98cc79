import { Code } from './characters';
import { type TokenList, TokenKind } from './tokens';

/** Formats whose name before a dot makes the back-quoted part after it a path: ``delta.`/path` ``. */
const PATH_FORMATS = new Set([
  'avro',
  'binaryfile',
  'csv',
  'delta',
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
  if (index < 2 || tokens.operatorAt(index - 1) !== Code.DOT) return false;
  return PATH_FORMATS.has(tokens.slice(index - 2).toLowerCase());
}

/** Position of the last token of the dotted name that starts at `index`. */
export function nameEnd(tokens: TokenList, index: number): number {
  let last = index;
  while (tokens.operatorAt(last + 1) === Code.DOT && tokens.isName(last + 2)) last += 2;
  return last;
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
  for (let i = index + 2; i <= last; i += 2) name += `.${namePart(tokens, i)}`;
  return name;
}

/** Whether no part of the name is in back quotes: it then is told as it is written. */
function isPlain(tokens: TokenList, index: number, last: number): boolean {
  for (let i = index; i <= last; i += 2) {
    if (tokens.kind(i) !== TokenKind.WORD) return false;
  }
  return true;
}
