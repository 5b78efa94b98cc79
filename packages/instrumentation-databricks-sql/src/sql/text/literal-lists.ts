import { Code } from '../tokens/characters';
import { Keyword } from '../tokens/keywords';
import { TokenKind } from '../tokens/token-list';
import type { TokenList } from '../tokens/token-list';

function isLiteral(kind: number): boolean {
  return kind === TokenKind.STRING || kind === TokenKind.NUMBER;
}

/** Whether the word may be part of a list of literals, as NULL or as the type of a literal. */
export function isLiteralWord(keyword: number): boolean {
  switch (keyword) {
    case Keyword.NULL:
    case Keyword.TRUE:
    case Keyword.FALSE:
    case Keyword.DEFAULT:
    case Keyword.DATE:
    case Keyword.TIME:
    case Keyword.TIMESTAMP:
    case Keyword.TIMESTAMP_LTZ:
    case Keyword.TIMESTAMP_NTZ:
      return true;
    default:
      return false;
  }
}

/**
 * Position of the `)` that closes the list of literals opened at `open`; -1 when the list holds anything but literals.
 * A list that the end of a cut statement leaves open counts as closed there.
 */
export function literalListEnd(tokens: TokenList, open: number, isCut: boolean): number {
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

/** Position of the last token of the row of literals that starts at `first`, `(1, 'a')` or `1`; -1 for other rows. */
export function literalRowEnd(tokens: TokenList, first: number, isCut: boolean): number {
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

/** Position of the last token of the rows of literals after the row that ends at `rowEnd`. */
export function followingRowsEnd(tokens: TokenList, rowEnd: number, isCut: boolean): number {
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
