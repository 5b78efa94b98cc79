import { Code } from '../tokens/characters';
import { isTargetPart } from '../tokens/identifiers';
import { Keyword } from '../tokens/keywords';
import { TokenKind } from '../tokens/token-list';
import type { TokenList } from '../tokens/token-list';
import { clause } from './clauses';
import { NO_BODY } from './common-table-expressions';
import { opensQuery } from './lookahead';
import { Level } from './query-levels';
import { QueryState } from './query-state';
import { literalRowEnd, relation, rowEnd } from './relations';
import { statement } from './statements';

// The functions here and in the modules for statements, clauses and relations process the token at `index` and return
// the position of the last token they have read.

/**
 * Returns the operations and targets of `tokens` in order, at most 255 characters; `undefined` for an unknown kind of
 * statement.
 */
export function summarizeTokens(tokens: TokenList): string | undefined {
  const state = new QueryState(tokens);
  const { items } = state;
  const { count } = tokens;
  for (let i = 0; i < count && !items.isFull; i++) {
    const kind = tokens.kind(i);
    if (kind <= TokenKind.COMMENT) continue;
    if (kind === TokenKind.OPERATOR) {
      const code = tokens.operatorAt(i);
      if (code !== Code.DOT) i = operator(state, i, code);
    } else if (kind === TokenKind.WORD || kind === TokenKind.QUOTED) {
      // Most words do not matter to a summary.
      if (state.startsStatement || state.expectsTarget || tokens.keyword(i) !== Keyword.NONE) {
        i = word(state, i);
      } else {
        state.isAfterSetOperator = false;
      }
    } else {
      i = literal(state, i);
    }
  }
  return items.toSummary();
}

function word(state: QueryState, index: number): number {
  const keyword = state.tokens.keyword(index);
  if (state.startsStatement) {
    state.startsStatement = false;
    return statement(state, index, keyword);
  }
  if (state.expectsTarget) return relation(state, index, keyword);
  if (keyword !== Keyword.NONE) return clause(state, index, keyword);
  state.isAfterSetOperator = false;
  return index;
}

/** Processes a literal or a parameter marker. */
function literal(state: QueryState, index: number): number {
  const tokens = state.tokens;
  // A word that starts with a digit can be the name of a table.
  const isTarget = state.expectsTarget && isTargetPart(tokens, index);
  state.startsStatement = false;
  state.expectsTarget = false;
  state.isAfterSetOperator = false;
  if (isTarget) return state.items.source(index);
  if (state.levels.current === Level.VALUES) literalRowEnd(state, index);
  return index;
}

function operator(state: QueryState, index: number, code: number): number {
  switch (code) {
    case Code.PARENTHESIS_OPEN:
      if (state.levels.isFull) return state.tokens.count;
      // The parentheses of `FROM (a JOIN b)` belong to the FROM clause.
      state.levels.open(state.expectsTarget ? Level.FROM : Level.NONE);
      state.startsStatement ||= opensQuery(state.tokens, index);
      return index;
    case Code.PARENTHESIS_CLOSE:
      return close(state, index);
    case Code.SEMICOLON:
      state.levels.reset();
      state.ctes.reset();
      state.startsStatement = true;
      state.expectsTarget = false;
      break;
    default:
      state.startsStatement = false;
      state.expectsTarget = code === Code.COMMA && state.levels.current === Level.FROM;
      if (code === Code.PIPE) pipe(state, index);
  }
  state.isAfterSetOperator = false;
  return index;
}

/** The step after `|>`, or after the `|` that may replace it, can join tables. */
function pipe(state: QueryState, index: number): void {
  const level = state.levels.current;
  const isLong = state.tokens.endOf(index) - state.tokens.start(index) > 1;
  const endsQuery = level === Level.NONE && !state.isBetweenStatements();
  if (isLong || endsQuery || level === Level.FROM) state.levels.current = Level.TAIL;
}

function close(state: QueryState, index: number): number {
  state.startsStatement = false;
  state.expectsTarget = false;
  state.isAfterSetOperator = false;
  if (state.levels.depth === 0) return index;
  state.levels.depth--;
  if (state.levels.current === Level.VALUES) rowEnd(state, index);
  const cte = state.ctes.close();
  if (cte === undefined) return index;
  const body = state.ctes.openNext(index, cte);
  if (body !== NO_BODY) return state.enterCte(body);
  state.startsStatement = cte.leadsStatement;
  return index;
}
