import { Code } from '../tokens/characters';
import { Keyword } from '../tokens/keywords';
import type { TokenList } from '../tokens/token-list';
import { endsFromClause } from './lookahead';
import { Level } from './query-levels';
import type { QueryState } from './query-state';

/** Processes the word after FROM, JOIN or USING: a table, a function, or the beginning of a query. */
export function relation(state: QueryState, index: number, keyword: number): number {
  const tokens = state.tokens;
  const next = tokens.significant(index + 1);
  const isCall = tokens.operatorAt(next) === Code.PARENTHESIS_OPEN;
  state.expectsTarget = false;
  switch (keyword) {
    case Keyword.SELECT:
    case Keyword.WITH:
      return index - 1;
    case Keyword.LATERAL:
    case Keyword.STREAM:
      state.expectsTarget = isCall || tokens.isName(next);
      return state.expectsTarget ? index : state.items.source(index);
    case Keyword.TABLE:
      state.expectsTarget = isCall;
      return isCall ? index : state.items.source(index);
    case Keyword.VALUES:
      if (!startsRows(tokens, next)) return state.items.source(index);
      state.levels.current = Level.VALUES;
      return index;
    default:
      return state.items.source(index);
  }
}

/** Continues the FROM clause when the row of `FROM VALUES …` that may end at `index` is the last one. */
export function rowEnd(state: QueryState, index: number): void {
  if (precedesAlias(state.tokens, index)) state.levels.current = Level.FROM;
}

/** Like {@link rowEnd}, for the literal at `index`, which is a row only when a comma or VALUES comes before it. */
export function literalRowEnd(state: QueryState, index: number): void {
  if (isRowStart(state.tokens, index)) rowEnd(state, index);
}

/** Whether the VALUES before the token at `next` starts rows, rather than being the name of a table. */
function startsRows(tokens: TokenList, next: number): boolean {
  if (!tokens.isName(next)) return !endsRelation(tokens, next);
  const keyword = tokens.keyword(next);
  switch (keyword) {
    case Keyword.CASE:
    case Keyword.FALSE:
    case Keyword.NOT:
    case Keyword.NULL:
    case Keyword.TRUE:
      return true;
    case Keyword.AS:
    case Keyword.JOIN:
      return false;
  }
  if (endsFromClause(keyword)) return false;
  // A name alone is the alias of a table.
  const after = tokens.significant(next + 1);
  return !tokens.isName(after) && !endsRelation(tokens, after);
}

/** Whether the token at `index` separates a relation from what follows it, or is the end of the statement. */
function endsRelation(tokens: TokenList, index: number): boolean {
  switch (tokens.operatorAt(index)) {
    case Code.COMMA:
    case Code.PARENTHESIS_CLOSE:
    case Code.PIPE:
    case Code.SEMICOLON:
      return true;
    default:
      return index === tokens.count;
  }
}

/** Whether the row of `FROM VALUES …` that may end at `index` is the last one, because an alias follows. */
function precedesAlias(tokens: TokenList, index: number): boolean {
  const next = tokens.significant(index + 1);
  if (!tokens.isName(next)) return false;
  switch (tokens.keyword(next)) {
    case Keyword.AND:
    case Keyword.BETWEEN:
    case Keyword.COLLATE:
    case Keyword.DIV:
    case Keyword.ILIKE:
    case Keyword.IN:
    case Keyword.IS:
    case Keyword.LIKE:
    case Keyword.NOT:
    case Keyword.OR:
    case Keyword.REGEXP:
    case Keyword.RLIKE:
      return false;
    default:
      return true;
  }
}

/** Whether the literal at `index` is the beginning of a row, rather than part of an expression such as an interval. */
function isRowStart(tokens: TokenList, index: number): boolean {
  const before = tokens.significantBefore(index);
  if (before === -1) return false;
  return tokens.operatorAt(before) === Code.COMMA || tokens.keyword(before) === Keyword.VALUES;
}
