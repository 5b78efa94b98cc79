import { Code } from './characters';
import { Keyword } from './keywords';
import { TokenKind } from './token-list';
import type { TokenList } from './token-list';

function keywordBefore(tokens: TokenList, index: number): number {
  const before = tokens.significantBefore(index);
  return before === -1 ? Keyword.NONE : tokens.keyword(before);
}

/** Whether a statement, possibly one inside a script, starts at the word at `index`. */
export function startsStatement(tokens: TokenList, index: number): boolean {
  const before = tokens.significantBefore(index);
  if (before === -1) return true;
  switch (tokens.keyword(before)) {
    case Keyword.BEGIN:
    case Keyword.DO:
    case Keyword.ELSE:
    case Keyword.EXPLAIN:
    case Keyword.LOOP:
    case Keyword.REPEAT:
    case Keyword.THEN:
      return true;
    case Keyword.ATOMIC: {
      const previous = keywordBefore(tokens, before);
      return previous === Keyword.BEGIN || previous === Keyword.NOT;
    }
    case Keyword.CODEGEN:
    case Keyword.COST:
    case Keyword.EXTENDED:
    case Keyword.FORMATTED:
      return keywordBefore(tokens, before) === Keyword.EXPLAIN;
    default:
      return tokens.operatorAt(before) === Code.SEMICOLON;
  }
}

/** Position of the last word of `BEGIN`, `BEGIN ATOMIC` or `BEGIN NOT ATOMIC` at `index`. */
export function blockStartEnd(tokens: TokenList, index: number): number {
  let i = tokens.significant(index + 1);
  if (tokens.keyword(i) === Keyword.NOT) i = tokens.significant(i + 1);
  return tokens.keyword(i) === Keyword.ATOMIC ? i : index;
}

/**
 * Position of the first token of the statement inside the DECLARE at `index`: the query of
 * `DECLARE c CURSOR FOR query` or the action of `DECLARE EXIT HANDLER FOR conditions action`. -1 when there is none.
 */
export function declaredStatement(tokens: TokenList, index: number): number {
  const name = tokens.significant(index + 1);
  let i = tokens.significant(name + 1);
  if (tokens.keyword(i) === Keyword.HANDLER) return conditionsEnd(tokens, afterFor(tokens, i));
  // ASENSITIVE or INSENSITIVE may come before CURSOR.
  if (tokens.keyword(i) !== Keyword.CURSOR) i = tokens.significant(i + 1);
  return tokens.keyword(i) === Keyword.CURSOR ? afterFor(tokens, i) : -1;
}

function afterFor(tokens: TokenList, index: number): number {
  return tokens.significant(tokens.significant(index + 1) + 1);
}

/** Position after the list of conditions that starts at `first`: `SQLEXCEPTION`, `NOT FOUND, SQLSTATE VALUE '22012'`. */
function conditionsEnd(tokens: TokenList, first: number): number {
  let i = first;
  for (;;) {
    const keyword = tokens.keyword(i);
    if (keyword === Keyword.NOT) {
      i = tokens.significant(i + 1);
    } else if (keyword === Keyword.SQLSTATE) {
      i = tokens.significant(i + 1);
      if (tokens.kind(i) === TokenKind.WORD) i = tokens.significant(i + 1);
    }
    const isString = tokens.kind(i) === TokenKind.STRING;
    i = isString ? tokens.stringsEnd(i) : tokens.significant(i + 1);
    if (tokens.operatorAt(i) !== Code.COMMA) return i;
    i = tokens.significant(i + 1);
  }
}
