import { Code } from '../tokens/characters';
import { Keyword } from '../tokens/keywords';
import { blockStartEnd } from '../tokens/statement-starts';
import type { TokenList } from '../tokens/token-list';
import { endsFromClause } from './lookahead';
import { Level } from './query-levels';
import type { QueryState } from './query-state';

/** Processes a word inside a statement. */
export function clause(state: QueryState, index: number, keyword: number): number {
  const tokens = state.tokens;
  const level = state.levels.current;
  switch (keyword) {
    case Keyword.SELECT:
      return state.select(index);
    case Keyword.FROM:
      // `a IS DISTINCT FROM b` is a comparison.
      if (follows(tokens, index, Keyword.DISTINCT)) break;
      if (level === Level.INSERT || state.isAfterSetOperator) {
        return state.restartAsStatement(index);
      }
      if (level === Level.SELECT) state.enterFrom();
      break;
    case Keyword.JOIN:
      if (level === Level.VALUES) state.levels.current = Level.FROM;
      state.expectsTarget = level === Level.TAIL || state.levels.current === Level.FROM;
      break;
    case Keyword.USING:
      if (level === Level.MERGE) {
        state.levels.current = Level.NAMED;
        state.expectsTarget = true;
      }
      break;
    case Keyword.UNION:
    case Keyword.EXCEPT:
    case Keyword.INTERSECT:
    case Keyword.MINUS:
      state.levels.leaveFrom();
      state.isAfterSetOperator = true;
      return index;
    case Keyword.ALL:
    case Keyword.DISTINCT:
      return index;
    case Keyword.INSERT:
      // `FROM a INSERT INTO b SELECT … INSERT INTO c SELECT …`
      return isInsert(tokens, index) ? state.insert(index) : index;
    case Keyword.TABLE:
      // `a UNION TABLE b`, `INSERT INTO a TABLE b`
      if (state.isAfterSetOperator) return state.table(index);
      return level === Level.INSERT ? state.restartAsStatement(index) : index;
    case Keyword.AS:
      if (level === Level.VALUES) state.levels.current = Level.FROM;
      break;
    case Keyword.MAP:
    case Keyword.REDUCE:
      // `FROM a MAP b USING 'script'`
      if (level !== Level.FROM && level !== Level.TAIL) break;
      return isTransform(tokens, index) ? state.select(index) : index;
    case Keyword.WITH:
      return state.with(index, false);
    case Keyword.DO:
      // DO ends the query of a FOR.
      if (state.isScript) state.levels.current = Level.NONE;
      state.startsStatement = state.isScript;
      break;
    case Keyword.BEGIN:
      if (!state.isBetweenStatements()) break;
      state.startsStatement = true;
      return blockStartEnd(tokens, index);
    case Keyword.ELSE:
    case Keyword.LOOP:
    case Keyword.REPEAT:
    case Keyword.THEN:
      state.startsStatement = state.isBetweenStatements();
      break;
    default:
      if (endsFromClause(keyword)) state.levels.leaveFrom();
  }
  state.isAfterSetOperator = false;
  return index;
}

/** Whether `keyword` comes directly before the token at `index`. */
function follows(tokens: TokenList, index: number, keyword: number): boolean {
  const before = tokens.significantBefore(index);
  return before !== -1 && tokens.keyword(before) === keyword;
}

/** Whether the INSERT at `index` starts an INSERT, rather than being a name. */
function isInsert(tokens: TokenList, index: number): boolean {
  const next = tokens.keyword(tokens.significant(index + 1));
  return next === Keyword.INTO || next === Keyword.OVERWRITE;
}

/** Whether the MAP or REDUCE at `index` transforms the rows of the FROM clause, rather than being an alias. */
function isTransform(tokens: TokenList, index: number): boolean {
  const next = tokens.significant(index + 1);
  return tokens.isName(next) || tokens.operatorAt(next) === Code.ASTERISK;
}
