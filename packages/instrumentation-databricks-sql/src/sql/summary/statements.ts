import { Code } from '../tokens/characters';
import { Keyword } from '../tokens/keywords';
import { blockStartEnd, declaredStatement } from '../tokens/statement-starts';
import type { TokenList } from '../tokens/token-list';
import { Level } from './query-levels';
import type { QueryState } from './query-state';
import { OTHER_STATEMENT, singleTargetStatementEnd } from './single-target-statements';
import {
  copyStatement,
  deleteStatement,
  describeStatement,
  mergeStatement,
  objectStatement,
  settingStatement,
  statementEnd,
} from './statement-targets';

/** Processes the first word of a statement. */
export function statement(state: QueryState, index: number, keyword: number): number {
  const items = state.items;
  const tokens = state.tokens;
  switch (keyword) {
    case Keyword.MAP:
    case Keyword.REDUCE:
    case Keyword.SELECT:
      return state.select(index);
    case Keyword.WITH:
      return state.with(index, true);
    case Keyword.FROM:
      state.queryOperation(index);
      state.enterFrom();
      return index;
    case Keyword.TABLE:
      state.queryOperation(index);
      return state.table(index);
    case Keyword.VALUES:
      items.operation(index);
      state.levels.current = Level.TAIL;
      return index;
    case Keyword.EXPLAIN:
      items.operation(index);
      state.startsStatement = true;
      return explainEnd(tokens, index);
    case Keyword.DESC:
    case Keyword.DESCRIBE:
      return describe(state, index);
    case Keyword.INSERT:
      return state.insert(index);
    case Keyword.DELETE:
      state.levels.current = Level.FROM;
      return deleteStatement(tokens, items, index);
    case Keyword.UPDATE:
      items.operation(index);
      state.levels.current = Level.NAMED;
      return items.target(tokens.significant(index + 1));
    case Keyword.MERGE:
      state.levels.current = Level.MERGE;
      return mergeStatement(tokens, items, index);
    case Keyword.COPY:
      return copyStatement(tokens, items, index);
    case Keyword.BEGIN:
      if (!state.isScript) items.operation(index);
      state.isScript = true;
      state.startsStatement = true;
      return blockStartEnd(tokens, index);
    case Keyword.DECLARE:
      return state.isScript
        ? declaration(state, index)
        : objectStatement(tokens, items, index, false);
    case Keyword.SET:
      // The summary leaves out the variables of a script.
      return state.isScript ? statementEnd(tokens, index) : settingStatement(tokens, items, index);
    default: {
      const end = singleTargetStatementEnd(tokens, items, index);
      if (end !== OTHER_STATEMENT) return end;
      // In a script this is an IF, ELSE, WHILE or label that contains statements.
      if (state.isScript) return index - 1;
      const label = blockLabelEnd(tokens, index);
      if (label === NO_LABEL) return statementEnd(tokens, index);
      state.startsStatement = true;
      return label;
    }
  }
}

/** The summary shows the statements of cursors and handlers, and leaves out variables. */
function declaration(state: QueryState, index: number): number {
  const tokens = state.tokens;
  const declared = declaredStatement(tokens, index);
  if (declared === -1) return statementEnd(tokens, index);
  state.startsStatement = true;
  return declared - 1;
}

function describe(state: QueryState, index: number): number {
  const query = describedQuery(state.tokens, index);
  if (query === NO_QUERY) return describeStatement(state.tokens, state.items, index);
  state.items.operation(index);
  state.startsStatement = true;
  return query - 1;
}

/** Result of {@link describedQuery} for a DESCRIBE of anything but a query. */
const NO_QUERY = -1;

/** Position of the first token of the query that the DESCRIBE at `index` describes. */
function describedQuery(tokens: TokenList, index: number): number {
  const next = tokens.significant(index + 1);
  if (startsQuery(tokens, next)) return next;
  if (tokens.keyword(next) !== Keyword.QUERY) return NO_QUERY;
  const query = tokens.significant(next + 1);
  return startsQuery(tokens, query) || tokens.keyword(query) === Keyword.TABLE ? query : NO_QUERY;
}

function startsQuery(tokens: TokenList, index: number): boolean {
  switch (tokens.keyword(index)) {
    case Keyword.FROM:
    case Keyword.SELECT:
    case Keyword.VALUES:
    case Keyword.WITH:
      return true;
    default:
      return tokens.operatorAt(index) === Code.PARENTHESIS_OPEN;
  }
}

/** Position of the last word before the statement that the EXPLAIN at `index` explains. */
function explainEnd(tokens: TokenList, index: number): number {
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
const NO_LABEL = -1;

/** Position of the colon after the label at `index` in `label: BEGIN …`. */
function blockLabelEnd(tokens: TokenList, index: number): number {
  const colon = tokens.significant(index + 1);
  if (tokens.operatorAt(colon) !== Code.COLON) return NO_LABEL;
  const next = tokens.significant(colon + 1);
  return tokens.keyword(next) === Keyword.BEGIN ? colon : NO_LABEL;
}
