import { Keyword } from './keywords';
import { type TokenList, TokenKind } from './tokenizer';

/** Stands for a literal. */
const MASK = '?';
/** Ends a text that was cut. */
export const CUT_MARK = '...';
const BLANK = ' ';

const PARENTHESIS_OPEN = 0x28;
const PARENTHESIS_CLOSE = 0x29;
const COMMA = 0x2c;
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const AT = 0x40;

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

/**
 * Whether the back-quoted name at `index` holds what a name does not: a path, a mail address (a principal) or half a
 * character.
 */
export function isMaskedName(text: string, tokens: TokenList, index: number): boolean {
  const start = tokens.start(index);
  const end = tokens.ends[index] as number;
  const first = text.charCodeAt(start + 1);
  if (first === SLASH) return true;
  for (let i = start + 1; i < end - 1; i++) {
    const code = text.charCodeAt(i);
    if (code === AT) return true;
    if (code === COLON && text.charCodeAt(i + 1) === SLASH) return true;
    if (code >= 0xd800 && code <= 0xdfff) {
      const isPair = code <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
      if (!isPair) return true;
      i++;
    }
  }
  if (index < 2 || text.charCodeAt(start - 1) !== DOT) return false;
  return PATH_FORMATS.has(text.slice(tokens.start(index - 2), start - 1).toLowerCase());
}

function isOperator(text: string, tokens: TokenList, index: number, code: number): boolean {
  return (
    index < tokens.count &&
    tokens.kinds[index] === TokenKind.OPERATOR &&
    text.charCodeAt(tokens.start(index)) === code
  );
}

function isLiteral(kind: number): boolean {
  return kind === TokenKind.STRING || kind === TokenKind.NUMBER;
}

/** Whether the word may stand in a list of literals: it is one without a value of its own, or the type of one. */
function isLiteralWord(keyword: number): boolean {
  switch (keyword) {
    case Keyword.NULL:
    case Keyword.TRUE:
    case Keyword.FALSE:
    case Keyword.DEFAULT:
    case Keyword.DATE:
    case Keyword.TIMESTAMP:
    case Keyword.TIMESTAMP_LTZ:
    case Keyword.TIMESTAMP_NTZ:
      return true;
    default:
      return false;
  }
}

/**
 * Position of the `)` that closes a list of nothing but literals opened at `open`; -1 when it holds anything else.
 * A text that was cut inside the list counts as closed there.
 */
function literalListEnd(text: string, tokens: TokenList, open: number, isCut: boolean): number {
  let hasLiteral = false;
  for (let i = open + 1; i < tokens.count; i++) {
    const kind = tokens.kinds[i] as number;
    if (isLiteral(kind)) {
      hasLiteral = true;
    } else if (kind === TokenKind.OPERATOR) {
      const code = text.charCodeAt(tokens.start(i));
      if (code === PARENTHESIS_CLOSE) return hasLiteral ? i : -1;
      if (code !== COMMA) return -1;
    } else if (kind === TokenKind.WORD) {
      if (!isLiteralWord(tokens.keywords[i] as number)) return -1;
    } else if (kind > TokenKind.COMMENT) {
      return -1;
    }
  }
  return isCut && hasLiteral ? tokens.count - 1 : -1;
}

/** Position of the last token of the row of literals that starts at `first`, or -1: `(1, 'a')` or a bare `1`. */
function literalRowEnd(text: string, tokens: TokenList, first: number, isCut: boolean): number {
  if (isOperator(text, tokens, first, PARENTHESIS_OPEN)) {
    return literalListEnd(text, tokens, first, isCut);
  }
  if (first >= tokens.count || !isLiteral(tokens.kinds[first] as number)) return -1;
  const after = tokens.significant(first + 1);
  const isWhole =
    after === tokens.count ||
    isOperator(text, tokens, after, COMMA) ||
    isOperator(text, tokens, after, SEMICOLON) ||
    isOperator(text, tokens, after, PARENTHESIS_CLOSE);
  return isWhole ? first : -1;
}

/** Position of the last token of the rows of literals that follow the row ending at `rowEnd`. */
function followingRowsEnd(text: string, tokens: TokenList, rowEnd: number, isCut: boolean): number {
  let end = rowEnd;
  for (;;) {
    const comma = tokens.significant(end + 1);
    if (!isOperator(text, tokens, comma, COMMA)) return end;
    const next = tokens.significant(comma + 1);
    if (isCut && next === tokens.count) return next - 1;
    const nextEnd = literalRowEnd(text, tokens, next, isCut);
    if (nextEnd === -1) return end;
    end = nextEnd;
  }
}

/** Whether a statement starts at the word at `index`, in a script too. */
function startsStatement(text: string, tokens: TokenList, index: number): boolean {
  const before = tokens.significantBefore(index);
  if (before === -1) return true;
  switch (tokens.keywords[before]) {
    case Keyword.BEGIN:
    case Keyword.DO:
    case Keyword.ELSE:
    case Keyword.LOOP:
    case Keyword.REPEAT:
    case Keyword.THEN:
      return true;
    default:
      return isOperator(text, tokens, before, SEMICOLON);
  }
}

/** Position after the last token before `from`'s next `;`, blanks and comments before that left out. */
function statementEnd(text: string, tokens: TokenList, from: number): number {
  let i = from;
  while (i < tokens.count && !isOperator(text, tokens, i, SEMICOLON)) i++;
  return tokens.significantBefore(i) + 1;
}

/** Position of the first token of the value that `SET key = value` sets at `index`, or -1. */
function settingValue(text: string, tokens: TokenList, index: number): number {
  const first = tokens.significant(index + 1);
  const keyword = tokens.keywords[first];
  if (keyword === Keyword.VAR || keyword === Keyword.VARIABLE) return -1;
  for (let i = first; i < tokens.count; i++) {
    if (tokens.kinds[i] === TokenKind.OPERATOR) {
      const code = text.charCodeAt(tokens.start(i));
      if (code === EQUALS) return tokens.significant(i + 1);
      if (code === SEMICOLON) return -1;
    }
  }
  return -1;
}

/** The parts of the text to keep, joined. */
class Output {
  text = '';
  isFull = false;
  private kept = 0;

  constructor(
    private readonly source: string,
    private readonly tokens: TokenList,
    private readonly maxLength: number,
  ) {}

  /** Keeps what lies between the last replaced token and `index`, puts `replacement`, goes on after `last`. */
  replace(index: number, last: number, replacement: string): void {
    this.keepUpTo(index);
    if (this.isFull) return;
    if (this.text.length + replacement.length > this.maxLength) this.isFull = true;
    else this.text += replacement;
    this.kept = last + 1;
  }

  /** Keeps the tokens before `index`, as many of them as there is room for. */
  keepUpTo(index: number): void {
    if (this.isFull || index === this.kept) return;
    const { tokens } = this;
    const start = tokens.start(this.kept);
    const room = this.maxLength - this.text.length;
    let end = index;
    if (tokens.start(index) - start > room) {
      this.isFull = true;
      do end--;
      while (tokens.start(end) - start > room);
    }
    this.text += this.source.slice(start, tokens.start(end));
  }

  /** Whether what was kept, and what is about to be, ends in a blank (or there is nothing yet). */
  endsBlank(index: number): boolean {
    if (index > this.kept) return this.tokens.kinds[index - 1] === TokenKind.BLANK;
    return this.text === '' || this.text.endsWith(BLANK);
  }
}

/**
 * The text of `tokens` without its literals and comments, at most `maxLength` UTF-16 units long. `isCut`: `text` is
 * only the beginning of the statement.
 */
export function sanitizeTokens(
  text: string,
  tokens: TokenList,
  isCut: boolean,
  maxLength: number,
): string {
  const { kinds, keywords, count } = tokens;
  const output = new Output(text, tokens, maxLength - CUT_MARK.length);
  for (let i = 0; i < count && !output.isFull; i++) {
    switch (kinds[i] as number) {
      case TokenKind.NUMBER:
      case TokenKind.UNKNOWN:
        output.replace(i, i, MASK);
        break;
      case TokenKind.STRING: {
        // Adjacent strings are one.
        let last = i;
        for (
          let next = tokens.significant(i + 1);
          next < count && kinds[next] === TokenKind.STRING;
          next = tokens.significant(next + 1)
        ) {
          last = next;
        }
        output.replace(i, last, MASK);
        i = last;
        break;
      }
      case TokenKind.COMMENT: {
        // A comment parts the words around it: without it and without blanks they would become one.
        const isGlue = i + 1 < count && kinds[i + 1] !== TokenKind.BLANK && !output.endsBlank(i);
        output.replace(i, i, isGlue ? BLANK : '');
        break;
      }
      case TokenKind.QUOTED:
        if (isMaskedName(text, tokens, i)) output.replace(i, i, '`?`');
        break;
      case TokenKind.WORD:
        switch (keywords[i]) {
          case Keyword.NONE:
            break;
          case Keyword.IN: {
            const open = tokens.significant(i + 1);
            if (!isOperator(text, tokens, open, PARENTHESIS_OPEN)) break;
            const end = literalListEnd(text, tokens, open, isCut);
            if (end === -1) break;
            output.replace(
              open,
              end,
              isOperator(text, tokens, end, PARENTHESIS_CLOSE) ? '(?)' : '(?',
            );
            i = end;
            break;
          }
          case Keyword.VALUES: {
            const first = tokens.significant(i + 1);
            const rowEnd = literalRowEnd(text, tokens, first, isCut);
            if (rowEnd === -1) break;
            const end = followingRowsEnd(text, tokens, rowEnd, isCut);
            if (end === rowEnd) break;
            for (let j = first; j <= rowEnd; j++) {
              if (isLiteral(kinds[j] as number)) output.replace(j, j, MASK);
              else if (kinds[j] === TokenKind.COMMENT) output.replace(j, j, '');
            }
            output.keepUpTo(rowEnd + 1);
            output.replace(rowEnd + 1, end, '');
            i = end;
            break;
          }
          case Keyword.SET: {
            if (!startsStatement(text, tokens, i)) break;
            const value = settingValue(text, tokens, i);
            if (value === -1) break;
            const end = statementEnd(text, tokens, value);
            if (end <= value) break;
            output.replace(value, end - 1, MASK);
            i = end - 1;
            break;
          }
          case Keyword.ADD: {
            if (!startsStatement(text, tokens, i)) break;
            const path = tokens.significant(tokens.significant(i + 1) + 1);
            const end = statementEnd(text, tokens, path);
            if (end <= path) break;
            output.replace(path, end - 1, MASK);
            i = end - 1;
            break;
          }
        }
        break;
    }
  }
  output.keepUpTo(count);
  return isCut || output.isFull ? output.text + CUT_MARK : output.text;
}
