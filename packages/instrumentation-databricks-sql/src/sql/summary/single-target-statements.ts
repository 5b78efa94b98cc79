import { Keyword } from '../tokens/keywords';
import {
  clearStatement,
  executeStatement,
  objectAfter,
  objectStatement,
  refreshStatement,
  repairStatement,
  showStatement,
  statementEnd,
} from './statement-targets';
import type { SummaryItems } from './summary-items';
import type { TokenList } from '../tokens/token-list';

/** Result of {@link singleTargetStatementEnd} for other kinds of statements. */
export const OTHER_STATEMENT = -1;

/**
 * Adds the operation at `index` and its target when the summary of its statement consists of these two. Returns the
 * position of the last token it has read, or {@link OTHER_STATEMENT}.
 */
export function singleTargetStatementEnd(
  tokens: TokenList,
  items: SummaryItems,
  index: number,
): number {
  switch (tokens.keyword(index)) {
    case Keyword.ALTER:
    case Keyword.CREATE:
    case Keyword.DROP:
    case Keyword.REPLACE:
    case Keyword.UNDROP:
      return objectStatement(tokens, items, index, true);
    case Keyword.ANALYZE:
    case Keyword.CACHE:
    case Keyword.CALL:
    case Keyword.EXEC:
    case Keyword.OPTIMIZE:
    case Keyword.REORG:
    case Keyword.REPAIR:
    case Keyword.RESET:
    case Keyword.RESTORE:
    case Keyword.SYNC:
    case Keyword.TRUNCATE:
    case Keyword.UNCACHE:
    case Keyword.USE:
    case Keyword.VACUUM:
      return objectStatement(tokens, items, index, false);
    case Keyword.REFRESH:
      return refreshStatement(tokens, items, index);
    case Keyword.SHOW:
      return showStatement(tokens, items, index);
    case Keyword.FSCK:
    case Keyword.MSCK:
      return repairStatement(tokens, items, index);
    case Keyword.COMMENT:
    case Keyword.DENY:
    case Keyword.GRANT:
    case Keyword.REVOKE:
      return objectAfter(tokens, items, index, Keyword.ON);
    case Keyword.GENERATE:
      return objectAfter(tokens, items, index, Keyword.FOR);
    case Keyword.CLEAR:
      return clearStatement(tokens, items, index);
    case Keyword.LOAD:
      return objectAfter(tokens, items, index, Keyword.INTO);
    case Keyword.EXECUTE:
      return executeStatement(tokens, items, index);
    case Keyword.ADD:
    case Keyword.COMMIT:
    case Keyword.CONVERT:
    case Keyword.GET:
    case Keyword.LIST:
    case Keyword.PUT:
    case Keyword.REMOVE:
    case Keyword.ROLLBACK:
    case Keyword.UNSET:
      items.operation(index);
      return statementEnd(tokens, index);
    default:
      return OTHER_STATEMENT;
  }
}
