import { Code } from './characters';
import { Keyword } from './keywords';
import { type TokenList, TokenKind } from './tokens';

/** What {@link bareValue} gives for a statement that has no value without quotes. */
export const NO_VALUE = -1;

/**
 * Position of the first token of the value or path that the statement at `index` takes without quotes, which goes on to
 * the end of the statement.
 */
export function bareValue(tokens: TokenList, index: number): number {
  const first = tokens.significant(index + 1);
  switch (tokens.keyword(index)) {
    case Keyword.SET:
      return settingValue(tokens, first);
    case Keyword.ADD:
      return isResourceType(tokens, first) ? tokens.significant(first + 1) : first;
    case Keyword.LIST:
      return isResourceType(tokens, first)
        ? tokens.significant(first + 1)
        : unquoted(tokens, first);
    case Keyword.REFRESH:
      return barePath(tokens, first);
    case Keyword.REMOVE:
      return unquoted(tokens, first);
    case Keyword.PUT:
      return transferPath(tokens, first);
    case Keyword.GET:
      // In a script it may ask for the diagnostics of a condition.
      return tokens.keyword(first) === Keyword.DIAGNOSTICS ? NO_VALUE : transferPath(tokens, first);
    default:
      return NO_VALUE;
  }
}

/** `key = value`, `TAG ON TABLE orders key = value`, `CATALOG main`, and so on, from `first` on. */
function settingValue(tokens: TokenList, first: number): number {
  const next = tokens.significant(first + 1);
  switch (tokens.keyword(first)) {
    case Keyword.VAR:
    case Keyword.VARIABLE:
      return NO_VALUE;
    case Keyword.CATALOG:
    case Keyword.DATABASE:
    case Keyword.ROLE:
    case Keyword.SCHEMA:
      if (tokens.isName(next)) return NO_VALUE;
      break;
    case Keyword.TAG:
      if (tokens.keyword(next) === Keyword.ON) return tagValue(tokens, next);
      break;
    case Keyword.TIME:
      if (tokens.keyword(next) === Keyword.ZONE) {
        return barePath(tokens, tokens.significant(next + 1));
      }
      break;
  }
  const i = keyEnd(tokens, first);
  return tokens.operatorAt(i) === Code.EQUALS ? tokens.significant(i + 1) : i;
}

/** Position after the key at `first`: a list in parentheses, or what no blank parts. */
function keyEnd(tokens: TokenList, first: number): number {
  if (tokens.operatorAt(first) === Code.PARENTHESIS_OPEN) return keyListEnd(tokens, first);
  let i = first;
  while (i < tokens.count && tokens.kind(i) > TokenKind.COMMENT && !endsKey(tokens, i)) i++;
  const isString = i > first && tokens.kind(i - 1) === TokenKind.STRING;
  return isString ? tokens.stringsEnd(i) : tokens.significant(i);
}

function keyListEnd(tokens: TokenList, open: number): number {
  for (let i = open + 1; i < tokens.count; i++) {
    if (tokens.operatorAt(i) === Code.PARENTHESIS_CLOSE) return tokens.significant(i + 1);
    // Another SET would be looked at once more: to stop keeps the time linear.
    if (endsKey(tokens, i) || tokens.keyword(i) === Keyword.SET) return i;
  }
  return tokens.count;
}

function endsKey(tokens: TokenList, index: number): boolean {
  const code = tokens.operatorAt(index);
  return code === Code.EQUALS || code === Code.SEMICOLON;
}

function tagValue(tokens: TokenList, on: number): number {
  for (let i = on + 1; i < tokens.count; i++) {
    const code = tokens.operatorAt(i);
    if (code === Code.EQUALS) return tokens.significant(i + 1);
    if (code === Code.SEMICOLON) break;
    if (tokens.keyword(i) === Keyword.SET) return i;
  }
  return NO_VALUE;
}

/** Whether the word at `index` says what kind of resource the paths after it are. */
function isResourceType(tokens: TokenList, index: number): boolean {
  switch (tokens.keyword(index)) {
    case Keyword.ARCHIVE:
    case Keyword.ARCHIVES:
    case Keyword.FILE:
    case Keyword.FILES:
    case Keyword.JAR:
    case Keyword.JARS:
      // In `jar/a.jar` the word is part of the path.
      return endsWord(tokens, index + 1);
    default:
      return false;
  }
}

/** Whether what is at `index` parts a word before it from what comes after. */
function endsWord(tokens: TokenList, index: number): boolean {
  const code = tokens.operatorAt(index);
  return code === 0 || code === Code.SEMICOLON || code === Code.PARENTHESIS_OPEN;
}

function isQuoted(tokens: TokenList, index: number): boolean {
  const { codes } = tokens;
  const start = tokens.start(index);
  const first = codes[start];
  if (first === Code.SINGLE_QUOTE || first === Code.DOUBLE_QUOTE) return true;
  const second = codes[start + 1];
  return second === Code.SINGLE_QUOTE || second === Code.DOUBLE_QUOTE;
}

/** `index`, unless there is a string in quotes or a marker. */
function unquoted(tokens: TokenList, index: number): number {
  switch (tokens.kind(index)) {
    case TokenKind.MARKER:
      return NO_VALUE;
    case TokenKind.STRING:
      return isQuoted(tokens, index) ? NO_VALUE : index;
    default:
      return index;
  }
}

/** `'/from' INTO '/to'` or `'/from' TO '/to'` from `first` on. */
function transferPath(tokens: TokenList, first: number): number {
  const source = unquoted(tokens, first);
  if (source !== NO_VALUE) return source;
  const i = tokens.stringsEnd(first + 1);
  const keyword = tokens.keyword(i);
  const isTransfer = keyword === Keyword.INTO || keyword === Keyword.TO;
  return isTransfer ? unquoted(tokens, tokens.significant(i + 1)) : NO_VALUE;
}

/** `index`, unless there is a name, a string in quotes or a marker. */
function barePath(tokens: TokenList, index: number): number {
  if (!tokens.isName(index)) return unquoted(tokens, index);
  let i = index + 1;
  while (tokens.isName(i) || tokens.operatorAt(i) === Code.DOT) i++;
  return endsWord(tokens, i) ? NO_VALUE : index;
}
