import { Code } from '../tokens/characters';
import { Keyword } from '../tokens/keywords';
import type { TokenList } from '../tokens/token-list';

// What a word means where the tokens next to it decide.

/** Whether the clause that starts with `keyword` comes after the FROM clause. */
export function endsFromClause(keyword: number): boolean {
  switch (keyword) {
    case Keyword.CLUSTER:
    case Keyword.DISTRIBUTE:
    case Keyword.GROUP:
    case Keyword.HAVING:
    case Keyword.LATERAL:
    case Keyword.LIMIT:
    case Keyword.ORDER:
    case Keyword.QUALIFY:
    case Keyword.SORT:
    case Keyword.WHERE:
    case Keyword.WINDOW:
      return true;
    default:
      return false;
  }
}

/** Whether `keyword` comes directly before the token at `index`. */
export function follows(tokens: TokenList, index: number, keyword: number): boolean {
  const before = tokens.significantBefore(index);
  return before !== -1 && tokens.keyword(before) === keyword;
}

/** Whether the word at `index` is a step of a query in pipe syntax, as in `|> SELECT`. */
export function isPipeStep(tokens: TokenList, index: number): boolean {
  const before = tokens.significantBefore(index);
  return before !== -1 && tokens.operatorAt(before) === Code.PIPE;
}

/** Whether the INSERT at `index` starts an INSERT, rather than being a name. */
export function isInsert(tokens: TokenList, index: number): boolean {
  const next = tokens.keyword(tokens.significant(index + 1));
  return next === Keyword.INTO || next === Keyword.OVERWRITE;
}

/** Whether the word at `index` is the TABLE of `(TABLE orders)`, rather than a table of that name and its alias. */
export function isTableQuery(tokens: TokenList, index: number): boolean {
  const open = tokens.significantBefore(index);
  if (open === -1 || tokens.operatorAt(open) !== Code.PARENTHESIS_OPEN) return false;
  const name = tokens.significant(index + 1);
  if (!tokens.isName(name)) return false;
  const after = tokens.operatorAt(tokens.significant(name + 1));
  return after === Code.PARENTHESIS_CLOSE || after === Code.DOT;
}

/** Position of the last word before the statement that the EXPLAIN at `index` explains. */
export function explainEnd(tokens: TokenList, index: number): number {
  const mode = tokens.significant(index + 1);
  switch (tokens.keyword(mode)) {
    case Keyword.CODEGEN:
    case Keyword.COST:
    case Keyword.EXTENDED:
    case Keyword.FORMATTED:
      return mode;
    default:
      return index;
  }
}

/** Result of {@link blockLabelEnd} for a word that is not the label of a block. */
export const NO_LABEL = -1;

/** Position of the colon after the label at `index` in `label: BEGIN …`. */
export function blockLabelEnd(tokens: TokenList, index: number): number {
  const colon = tokens.significant(index + 1);
  if (tokens.operatorAt(colon) !== Code.COLON) return NO_LABEL;
  const next = tokens.significant(colon + 1);
  return tokens.keyword(next) === Keyword.BEGIN ? colon : NO_LABEL;
}
