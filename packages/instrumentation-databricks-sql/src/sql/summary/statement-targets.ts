import { NO_VALUE, unquotedValue } from '../tokens/unquoted-values';
import { Code } from '../tokens/characters';
import { isTargetPart } from '../tokens/identifiers';
import { Keyword } from '../tokens/keywords';
import type { SummaryItems } from './summary-items';
import { TokenKind } from '../tokens/token-list';
import type { TokenList } from '../tokens/token-list';

// Each exported function that takes `items` adds the operation at `index` and its target, and returns the position of
// the last token it has read.

/** Types of objects; the summary shows the type with the operation. */
const OBJECT_TYPES = new Set<number>([
  Keyword.CATALOG,
  Keyword.COLUMN,
  Keyword.CONNECTION,
  Keyword.CREDENTIAL,
  Keyword.DATABASE,
  Keyword.FLOW,
  Keyword.FUNCTION,
  Keyword.INDEX,
  Keyword.LOCATION,
  Keyword.METASTORE,
  Keyword.NAMESPACE,
  Keyword.POLICY,
  Keyword.PROCEDURE,
  Keyword.PROVIDER,
  Keyword.RECIPIENT,
  Keyword.ROLE,
  Keyword.SCHEMA,
  Keyword.SEQUENCE,
  Keyword.SERVER,
  Keyword.SHARE,
  Keyword.TABLE,
  Keyword.TABLES,
  Keyword.TRIGGER,
  Keyword.USER,
  Keyword.VAR,
  Keyword.VARIABLE,
  Keyword.VIEW,
  Keyword.VOLUME,
]);

/** Objects that contain statements, which do not run when the object is created. */
const ROUTINE_TYPES = new Set<number>([Keyword.FUNCTION, Keyword.PROCEDURE, Keyword.TRIGGER]);

/** Words between an operation and its target that the summary leaves out. */
const FILLERS = new Set<number>([
  Keyword.EVOLUTION,
  Keyword.EXISTS,
  Keyword.EXTENDED,
  Keyword.FOREIGN,
  Keyword.FORMATTED,
  Keyword.FROM,
  Keyword.IF,
  Keyword.IN,
  Keyword.INTO,
  Keyword.LAZY,
  Keyword.LOCAL,
  Keyword.MATERIALIZED,
  Keyword.NOT,
  Keyword.ON,
  Keyword.OR,
  Keyword.OVERWRITE,
  Keyword.REPLACE,
  Keyword.STREAMING,
  Keyword.WITH,
]);

/** Whether no name follows the word at `index`, which therefore is the name itself. */
export function endsName(tokens: TokenList, index: number): boolean {
  return !isNamed(tokens, tokens.significant(index + 1));
}

/** Whether the token at `index` can be a name, including a number, a variable or a string. */
function isNamed(tokens: TokenList, index: number): boolean {
  const kind = tokens.kind(index);
  return kind >= TokenKind.WORD && kind <= TokenKind.MARKER;
}

/** Position of the last token before the `;` that ends the statement. */
export function statementEnd(tokens: TokenList, from: number): number {
  let i = from + 1;
  while (i < tokens.count && tokens.operatorAt(i) !== Code.SEMICOLON) i++;
  return i - 1;
}

/** `INSERT INTO orders`, `INSERT OVERWRITE TABLE orders`, `INSERT OVERWRITE DIRECTORY '…'` */
export function insertStatement(tokens: TokenList, items: SummaryItems, index: number): number {
  items.operation(index);
  let i = tokens.significant(index + 1);
  while (i < tokens.count) {
    const keyword = tokens.keyword(i);
    if (keyword === Keyword.DIRECTORY) return i;
    const isFiller =
      keyword === Keyword.SCHEMA || keyword === Keyword.TABLE || FILLERS.has(keyword);
    if (!isFiller || (keyword !== Keyword.INTO && endsName(tokens, i))) break;
    const next = tokens.significant(i + 1);
    if (keyword === Keyword.TABLE && startsRowSource(tokens, next)) break;
    i = next;
  }
  return items.target(i);
}

/** Whether the rows of an INSERT start at `index`, so that the word before is the name of its target. */
function startsRowSource(tokens: TokenList, index: number): boolean {
  switch (tokens.keyword(index)) {
    case Keyword.SELECT:
    case Keyword.VALUES:
    case Keyword.WITH:
      return true;
    default:
      return false;
  }
}

/** `DELETE FROM orders` */
export function deleteStatement(tokens: TokenList, items: SummaryItems, index: number): number {
  items.operation(index);
  const from = tokens.significant(index + 1);
  if (tokens.keyword(from) !== Keyword.FROM) return index;
  return items.target(tokens.significant(from + 1));
}

/** `MERGE WITH SCHEMA EVOLUTION INTO orders` */
export function mergeStatement(tokens: TokenList, items: SummaryItems, index: number): number {
  items.operation(index);
  let i = tokens.significant(index + 1);
  while (tokens.keyword(i) === Keyword.SCHEMA || FILLERS.has(tokens.keyword(i))) {
    i = tokens.significant(i + 1);
  }
  return items.target(i);
}

/** `COPY INTO orders` */
export function copyStatement(tokens: TokenList, items: SummaryItems, index: number): number {
  items.operation(index);
  const into = tokens.significant(index + 1);
  if (tokens.keyword(into) !== Keyword.INTO) return index;
  items.operation(into);
  return items.target(tokens.significant(into + 1));
}

/**
 * The operation, the type of the object and its name: `CREATE TABLE orders`. The rest of the statement is left out.
 * @param isTyped whether the statement always has a type, possibly after other words
 */
export function objectStatement(
  tokens: TokenList,
  items: SummaryItems,
  index: number,
  isTyped: boolean,
): number {
  items.operation(index);
  return object(tokens, items, tokens.significant(index + 1), isTyped);
}

function object(tokens: TokenList, items: SummaryItems, first: number, isTyped: boolean): number {
  let type: number = Keyword.NONE;
  let i = first;
  for (; isTargetPart(tokens, i); i = tokens.significant(i + 1)) {
    const keyword = tokens.keyword(i);
    if (type === Keyword.NONE && OBJECT_TYPES.has(keyword) && (isTyped || !endsName(tokens, i))) {
      type = keyword;
      items.operation(i);
    } else if (type !== Keyword.NONE || !isTyped) {
      if (!FILLERS.has(keyword) || endsName(tokens, i)) {
        items.target(i);
        break;
      }
    }
  }
  return ROUTINE_TYPES.has(type) ? tokens.count : statementEnd(tokens, i - 1);
}

/** `GRANT … ON TABLE orders`, `LOAD DATA … INTO TABLE orders`: the object comes after `preposition`. */
export function objectAfter(
  tokens: TokenList,
  items: SummaryItems,
  index: number,
  preposition: number,
): number {
  items.operation(index);
  const end = statementEnd(tokens, index);
  for (let i = index + 1; i <= end; i++) {
    if (tokens.keyword(i) === preposition) {
      return object(tokens, items, tokens.significant(i + 1), false);
    }
  }
  return end;
}

/** `DESCRIBE HISTORY orders`, `DESCRIBE TABLE EXTENDED orders`, `DESCRIBE orders` */
export function describeStatement(tokens: TokenList, items: SummaryItems, index: number): number {
  const next = tokens.significant(index + 1);
  const keyword = tokens.keyword(next);
  const isOfTable = keyword === Keyword.HISTORY || keyword === Keyword.DETAIL;
  if (!isOfTable || endsName(tokens, next)) return objectStatement(tokens, items, index, false);
  items.operation(index);
  return objectStatement(tokens, items, next, false);
}

/** `SHOW TABLES IN sales`, `SHOW CREATE TABLE orders` */
export function showStatement(tokens: TokenList, items: SummaryItems, index: number): number {
  items.operation(index);
  const shown = tokens.significant(index + 1);
  if (tokens.kind(shown) !== TokenKind.WORD) return statementEnd(tokens, index);
  switch (tokens.keyword(shown)) {
    case Keyword.CREATE:
    case Keyword.PARTITIONS:
    case Keyword.TBLPROPERTIES:
      return objectStatement(tokens, items, shown, false);
  }
  items.operation(shown);
  let i = tokens.significant(shown + 1);
  for (; tokens.kind(i) === TokenKind.WORD; i = tokens.significant(i + 1)) {
    const keyword = tokens.keyword(i);
    if (keyword === Keyword.LIKE) break;
    if (keyword === Keyword.IN || keyword === Keyword.FROM || keyword === Keyword.ON) {
      return object(tokens, items, tokens.significant(i + 1), false);
    }
  }
  return statementEnd(tokens, i - 1);
}

/** `SET key = value`, `SET VAR x = …`, `SET TIME ZONE …`, `SET TAG ON TABLE orders …` */
export function settingStatement(tokens: TokenList, items: SummaryItems, index: number): number {
  const first = tokens.significant(index + 1);
  const second = tokens.significant(first + 1);
  switch (tokens.keyword(first)) {
    case Keyword.CATALOG:
    case Keyword.DATABASE:
    case Keyword.ROLE:
    case Keyword.SCHEMA:
    case Keyword.VAR:
    case Keyword.VARIABLE:
      return objectStatement(tokens, items, index, false);
    case Keyword.TAG:
      if (tokens.keyword(second) !== Keyword.ON) break;
      items.operation(index);
      return objectAfter(tokens, items, first, Keyword.ON);
    case Keyword.TIME:
      if (tokens.keyword(second) !== Keyword.ZONE) break;
      for (const word of [index, first, second]) items.operation(word);
      return statementEnd(tokens, second);
  }
  items.operation(index);
  return statementEnd(tokens, items.target(first));
}

/** `REFRESH TABLE orders`, `REFRESH path` */
export function refreshStatement(tokens: TokenList, items: SummaryItems, index: number): number {
  if (unquotedValue(tokens, index) === NO_VALUE) {
    return objectStatement(tokens, items, index, false);
  }
  items.operation(index);
  return statementEnd(tokens, index);
}

/** `EXECUTE IMMEDIATE …`, `EXECUTE procedure` */
export function executeStatement(tokens: TokenList, items: SummaryItems, index: number): number {
  items.operation(index);
  const next = tokens.significant(index + 1);
  if (tokens.keyword(next) === Keyword.IMMEDIATE) items.operation(next);
  else items.target(next);
  return statementEnd(tokens, index);
}

/** `CLEAR CACHE` */
export function clearStatement(tokens: TokenList, items: SummaryItems, index: number): number {
  items.operation(index);
  const cache = tokens.significant(index + 1);
  if (tokens.keyword(cache) === Keyword.CACHE) items.operation(cache);
  return statementEnd(tokens, index);
}

/** `MSCK REPAIR TABLE orders`, `FSCK REPAIR TABLE orders` */
export function repairStatement(tokens: TokenList, items: SummaryItems, index: number): number {
  items.operation(index);
  const repair = tokens.significant(index + 1);
  if (tokens.keyword(repair) !== Keyword.REPAIR) return statementEnd(tokens, index);
  return objectStatement(tokens, items, repair, false);
}
