import { Keyword } from './keywords';
import {
  describeHead,
  executeHead,
  objectAfter,
  objectHead,
  refreshHead,
  repairHead,
  showHead,
  statementEnd,
} from './statement-heads';
import type { SummaryItems } from './summary-items';
import type { TokenList } from './tokens';

/** What {@link headEnd} gives for a statement of another kind. */
export const NO_HEAD = -1;

/**
 * Adds the operation at `index`, and what it is about, when it is one whose statement its head tells all of; returns
 * the position of the last token that it took.
 */
export function headEnd(tokens: TokenList, items: SummaryItems, index: number): number {
  switch (tokens.keyword(index)) {
    case Keyword.ALTER:
    case Keyword.CREATE:
    case Keyword.DROP:
    case Keyword.UNDROP:
      return objectHead(tokens, items, index, true);
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
      return objectHead(tokens, items, index, false);
    case Keyword.REFRESH:
      return refreshHead(tokens, items, index);
    case Keyword.DESC:
    case Keyword.DESCRIBE:
      return describeHead(tokens, items, index);
    case Keyword.SHOW:
      return showHead(tokens, items, index);
    case Keyword.FSCK:
    case Keyword.MSCK:
      return repairHead(tokens, items, index);
    case Keyword.COMMENT:
    case Keyword.DENY:
    case Keyword.GRANT:
    case Keyword.REVOKE:
      return objectAfter(tokens, items, index, Keyword.ON);
    case Keyword.LOAD:
      return objectAfter(tokens, items, index, Keyword.INTO);
    case Keyword.EXECUTE:
      return executeHead(tokens, items, index);
    case Keyword.ADD:
    case Keyword.CONVERT:
    case Keyword.GET:
    case Keyword.LIST:
    case Keyword.PUT:
    case Keyword.REMOVE:
    case Keyword.UNSET:
      items.operation(index);
      return statementEnd(tokens, index);
    default:
      return NO_HEAD;
  }
}
