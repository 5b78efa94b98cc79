import { Code as codesByName, isBlank } from './characters';
import { Keyword as keywordsByName } from './keywords';
import { isMaskedName } from './names';
import { type TokenList, TokenKind as kindsByName } from './tokens';

// Constants of this module: the engine folds them, as it does not the members of what is imported.
const Code = codesByName;
const Keyword = keywordsByName;
const TokenKind = kindsByName;

/** Stands for a literal. */
const MASK = '?';
const MASKED_NAME = `\`${MASK}\``;
/** Ends a text that was cut. */
export const CUT_MARK = '...';
const BLANK = ' ';

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
function literalListEnd(tokens: TokenList, open: number, isCut: boolean): number {
  let hasLiteral = false;
  for (let i = open + 1; i < tokens.count; i++) {
    const kind = tokens.kind(i);
    if (isLiteral(kind)) {
      hasLiteral = true;
    } else if (kind === TokenKind.OPERATOR) {
      const code = tokens.operatorAt(i);
      if (code === Code.PARENTHESIS_CLOSE) return hasLiteral ? i : -1;
      if (code !== Code.COMMA) return -1;
    } else if (kind === TokenKind.WORD) {
      if (!isLiteralWord(tokens.keyword(i))) return -1;
    } else if (kind > TokenKind.COMMENT) {
      return -1;
    }
  }
  return isCut && hasLiteral ? tokens.count - 1 : -1;
}

/** Position of the last token of the row of literals that starts at `first`, or -1: `(1, 'a')` or a bare `1`. */
function literalRowEnd(tokens: TokenList, first: number, isCut: boolean): number {
  if (tokens.operatorAt(first) === Code.PARENTHESIS_OPEN) {
    return literalListEnd(tokens, first, isCut);
  }
  if (first >= tokens.count || !isLiteral(tokens.kind(first))) return -1;
  const after = tokens.significant(first + 1);
  const isWhole =
    after === tokens.count ||
    tokens.operatorAt(after) === Code.COMMA ||
    tokens.operatorAt(after) === Code.SEMICOLON ||
    tokens.operatorAt(after) === Code.PARENTHESIS_CLOSE;
  return isWhole ? first : -1;
}

/** Position of the last token of the rows of literals that follow the row ending at `rowEnd`. */
function followingRowsEnd(tokens: TokenList, rowEnd: number, isCut: boolean): number {
  let end = rowEnd;
  for (;;) {
    const comma = tokens.significant(end + 1);
    if (tokens.operatorAt(comma) !== Code.COMMA) return end;
    const next = tokens.significant(comma + 1);
    if (isCut && next === tokens.count) return next - 1;
    const nextEnd = literalRowEnd(tokens, next, isCut);
    if (nextEnd === -1) return end;
    end = nextEnd;
  }
}

/** Whether a statement starts at the word at `index`, in a script too. */
function startsStatement(tokens: TokenList, index: number): boolean {
  const before = tokens.significantBefore(index);
  if (before === -1) return true;
  switch (tokens.keyword(before)) {
    case Keyword.BEGIN:
    case Keyword.DO:
    case Keyword.ELSE:
    case Keyword.LOOP:
    case Keyword.REPEAT:
    case Keyword.THEN:
      return true;
    default:
      return tokens.operatorAt(before) === Code.SEMICOLON;
  }
}

/** Position after the last token before `from`'s next `;`, blanks and comments before that left out. */
function statementEnd(tokens: TokenList, from: number): number {
  let i = from;
  while (i < tokens.count && tokens.operatorAt(i) !== Code.SEMICOLON) i++;
  return tokens.significantBefore(i) + 1;
}

/** Position of the first token of the value that `SET key = value` sets at `index`, or -1. */
function settingValue(tokens: TokenList, index: number): number {
  const first = tokens.significant(index + 1);
  const keyword = tokens.keyword(first);
  if (keyword === Keyword.VAR || keyword === Keyword.VARIABLE) return -1;
  for (let i = first; i < tokens.count; i++) {
    if (tokens.kind(i) === TokenKind.OPERATOR) {
      const code = tokens.operatorAt(i);
      if (code === Code.EQUALS) return tokens.significant(i + 1);
      if (code === Code.SEMICOLON) return -1;
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
    let last = index;
    if (tokens.start(index) - start > room) {
      this.isFull = true;
      do last--;
      while (tokens.start(last) - start > room);
    }
    this.text += tokens.text.slice(start, tokens.start(last));
  }

  /** Whether what is kept up to `index` ends in a blank, or is nothing. */
  endsBlank(index: number): boolean {
    if (index > this.kept) return this.tokens.kind(index - 1) === TokenKind.BLANK;
    return this.text === '' || isBlank(this.text.charCodeAt(this.text.length - 1));
  }
}

class Sanitizer {
  private readonly output: Output;
  /** What to replace once it is reached: the value of a setting, the literals of a list, the rows after the first. */
  private nextStart = -1;
  private nextLast = -1;
  private nextReplacement = '';

  constructor(
    private readonly tokens: TokenList,
    private readonly isCut: boolean,
    maxLength: number,
  ) {
    this.output = new Output(tokens, Math.max(0, maxLength - CUT_MARK.length));
  }

  run(): string {
    const { tokens, output } = this;
    const { count } = tokens;
    for (let i = 0; i < count; i++) {
      const kind = tokens.kind(i);
      if (kind === TokenKind.WORD) {
        if (tokens.keyword(i) !== Keyword.NONE) this.keyword(i);
      } else if (kind !== TokenKind.BLANK && kind !== TokenKind.OPERATOR) {
        i = this.replaceable(i, kind);
        if (output.isFull) break;
      }
      if (i + 1 === this.nextStart) {
        output.replace(this.nextStart, this.nextLast, this.nextReplacement);
        i = this.nextLast;
        this.nextStart = -1;
      }
    }
    output.keepUpTo(count);
    return this.isCut || output.isFull ? output.text + CUT_MARK : output.text;
  }

  /** Replaces the token at `index` where it has to be; returns the position of the last token that was dealt with. */
  private replaceable(index: number, kind: number): number {
    const { tokens, output } = this;
    switch (kind) {
      case TokenKind.STRING: {
        const last = this.adjacentStringsEnd(index);
        output.replace(index, last, MASK);
        return last;
      }
      case TokenKind.NUMBER:
      case TokenKind.UNKNOWN:
        output.replace(index, index, MASK);
        break;
      case TokenKind.COMMENT: {
        // A comment parts what is around it: without it, and without blanks, that would become one word.
        const isLast = index + 1 === tokens.count;
        const parts =
          !isLast && tokens.kind(index + 1) !== TokenKind.BLANK && !output.endsBlank(index);
        output.replace(index, index, parts ? BLANK : '');
        break;
      }
      case TokenKind.QUOTED:
        if (isMaskedName(tokens, index)) output.replace(index, index, MASKED_NAME);
        break;
    }
    return index;
  }

  /** Strings with only blanks and comments between them are one string. */
  private adjacentStringsEnd(index: number): number {
    const { tokens } = this;
    let last = index;
    let next = tokens.significant(index + 1);
    while (tokens.kind(next) === TokenKind.STRING) {
      last = next;
      next = tokens.significant(next + 1);
    }
    return last;
  }

  private keyword(index: number): void {
    switch (this.tokens.keyword(index)) {
      case Keyword.IN:
        this.inList(index);
        break;
      case Keyword.VALUES:
        this.rows(this.tokens.significant(index + 1));
        break;
      case Keyword.SET:
        this.setting(index);
        break;
      case Keyword.ADD:
        this.resource(index);
        break;
    }
  }

  private inList(index: number): void {
    const { tokens, isCut } = this;
    const open = tokens.significant(index + 1);
    if (tokens.operatorAt(open) !== Code.PARENTHESIS_OPEN) return;
    const end = literalListEnd(tokens, open, isCut);
    if (end === -1) {
      const row = tokens.significant(open + 1);
      if (tokens.operatorAt(row) === Code.PARENTHESIS_OPEN) this.rows(row);
      return;
    }
    const isClosed = tokens.operatorAt(end) === Code.PARENTHESIS_CLOSE;
    this.replaceNext(open + 1, isClosed ? end - 1 : end, MASK);
  }

  /** Marks the rows of literals after the one at `first` as to be dropped. */
  private rows(first: number): void {
    const { tokens, isCut } = this;
    const rowEnd = literalRowEnd(tokens, first, isCut);
    if (rowEnd === -1) return;
    const end = followingRowsEnd(tokens, rowEnd, isCut);
    if (end === rowEnd) return;
    this.replaceNext(rowEnd + 1, end, '');
  }

  /** The tokens before `start` are read as any others. */
  private replaceNext(start: number, last: number, replacement: string): void {
    if (this.nextStart !== -1) return;
    this.nextStart = start;
    this.nextLast = last;
    this.nextReplacement = replacement;
  }

  /** `SET key = value`: whatever the value looks like, it is one. */
  private setting(index: number): void {
    const { tokens } = this;
    if (!startsStatement(tokens, index)) return;
    const value = settingValue(tokens, index);
    if (value !== -1) this.maskStatement(value);
  }

  /** `ADD JAR path`: the path needs no quotes. */
  private resource(index: number): void {
    const { tokens } = this;
    if (!startsStatement(tokens, index)) return;
    const type = tokens.significant(index + 1);
    const isWord = tokens.kind(type) === TokenKind.WORD;
    this.maskStatement(isWord ? tokens.significant(type + 1) : type);
  }

  /** Masks all from `first` to the end of the statement. */
  private maskStatement(first: number): void {
    const end = statementEnd(this.tokens, first);
    if (end > first) this.replaceNext(first, end - 1, MASK);
  }
}

/**
 * The text of `tokens` without its literals and comments, at most `maxLength` UTF-16 units long. `isCut`: the tokens
 * are only the beginning of a statement.
 */
export function sanitizeTokens(tokens: TokenList, isCut: boolean, maxLength: number): string {
  return new Sanitizer(tokens, isCut, maxLength).run();
}
