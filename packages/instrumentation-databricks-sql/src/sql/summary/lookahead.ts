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

/** Whether the word at `index` is a step of a query in pipe syntax, as in `|> SELECT`. */
export function isPipeStep(tokens: TokenList, index: number): boolean {
  const before = tokens.significantBefore(index);
  return before !== -1 && tokens.operatorAt(before) === Code.PIPE;
}

/** Whether the parenthesis at `index` opens a query that starts with FROM or TABLE. */
export function opensQuery(tokens: TokenList, index: number): boolean {
  const first = tokens.significant(index + 1);
  const keyword = tokens.keyword(first);
  if (keyword !== Keyword.FROM && keyword !== Keyword.TABLE) return false;
  if (keyword === Keyword.TABLE && !isTableQuery(tokens, first)) return false;
  // In `trim(FROM name)` the parenthesis opens the arguments of a function.
  const before = tokens.significantBefore(index);
  return before === -1 || !tokens.isName(before) || tokens.keyword(before) !== Keyword.NONE;
}

/** Whether the word at `index` is the TABLE of `(TABLE orders)`, rather than a table of that name and its alias. */
function isTableQuery(tokens: TokenList, index: number): boolean {
  const name = tokens.significant(index + 1);
  if (!tokens.isName(name)) return false;
  const after = tokens.significant(name + 1);
  if (tokens.isName(after)) {
    return endsFromClause(tokens.keyword(after)) || isSetOperator(tokens, after);
  }
  const code = tokens.operatorAt(after);
  return code === Code.PARENTHESIS_CLOSE || code === Code.DOT || code === Code.PIPE;
}

function isSetOperator(tokens: TokenList, index: number): boolean {
  switch (tokens.keyword(index)) {
    case Keyword.EXCEPT:
    case Keyword.INTERSECT:
    case Keyword.MINUS:
    case Keyword.UNION:
      return true;
    default:
      return false;
  }
}
