import { Code } from '../tokens/characters';
import { isLiteralWord } from './literal-lists';
import { TokenKind } from '../tokens/token-list';
import type { TokenList } from '../tokens/token-list';

/** Result of {@link unquotedOptionsEnd} for a list whose values are literals or parameter markers. */
export const NO_UNQUOTED_OPTIONS = -1;

/**
 * Position of the last token inside the list of options opened at `open` when one of its values holds an unquoted word,
 * as in `(user 'root', password hunter2)`.
 */
export function unquotedOptionsEnd(tokens: TokenList, open: number): number {
  let depth = 1;
  let isKey = true;
  let isUnquoted = false;
  let i = open + 1;
  for (; i < tokens.count; i++) {
    const code = tokens.operatorAt(i);
    if (code === Code.SEMICOLON) break;
    if (code === Code.PARENTHESIS_OPEN) {
      depth++;
    } else if (code === Code.PARENTHESIS_CLOSE) {
      if (--depth === 0) break;
    } else if (code === Code.COMMA) {
      if (depth === 1) isKey = true;
    } else if (tokens.kind(i) > TokenKind.COMMENT) {
      if (isKey) i = keyEnd(tokens, i) - 1;
      else if (tokens.isName(i) && !isLiteralWord(tokens.keyword(i))) isUnquoted = true;
      isKey = false;
    }
  }
  return isUnquoted ? i - 1 : NO_UNQUOTED_OPTIONS;
}

/** Position after the key at `first`, which consists of tokens without whitespace between them. */
function keyEnd(tokens: TokenList, first: number): number {
  let i = first + 1;
  while (i < tokens.count && tokens.kind(i) > TokenKind.COMMENT) {
    switch (tokens.operatorAt(i)) {
      case Code.COMMA:
      case Code.EQUALS:
      case Code.PARENTHESIS_CLOSE:
      case Code.PARENTHESIS_OPEN:
      case Code.SEMICOLON:
        return i;
    }
    i++;
  }
  return i;
}
