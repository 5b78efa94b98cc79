import { Code } from './characters';
import { Keyword } from './keywords';
import { TokenKind } from './token-list';
import type { TokenList } from './token-list';

/** Result of {@link unquotedValue} for a statement without an unquoted value. */
export const NO_VALUE = -1;

/**
 * Position of the first token of the unquoted value or path of the statement at `index`. The value goes on to the end of
 * the statement.
 */
export function unquotedValue(tokens: TokenList, index: number): number {
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
      return unquotedPath(tokens, first);
    case Keyword.REMOVE:
      return unquoted(tokens, first);
    case Keyword.PUT:
      return transferPath(tokens, first);
    case Keyword.GET:
      // `GET DIAGNOSTICS CONDITION …` in a script has no path.
      return tokens.keyword(first) === Keyword.DIAGNOSTICS ? NO_VALUE : transferPath(tokens, first);
    default:
      return NO_VALUE;
  }
}

/** The value of a SET statement. `first` is the token after SET, as in `key = value` or `TAG ON TABLE t key = value`. */
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
        return unquotedPath(tokens, tokens.significant(next + 1));
      }
      break;
  }
  const i = keyEnd(tokens, first);
  return tokens.operatorAt(i) === Code.EQUALS ? tokens.significant(i + 1) : i;
}

/** Position after the key at `first`: a list in parentheses, or tokens without whitespace between them. */
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
    // Stops at another SET, which is read again later: this keeps the time linear.
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

/** Whether the word at `index` is the type of the resources whose paths follow it. */
function isResourceType(tokens: TokenList, index: number): boolean {
  switch (tokens.keyword(index)) {
    case Keyword.ARCHIVE:
    case Keyword.ARCHIVES:
    case Keyword.FILE:
    case Keyword.FILES:
    case Keyword.JAR:
    case Keyword.JARS:
      // In `jar/a.jar` the word is part of a path.
      return endsWord(tokens, index + 1);
    default:
      return false;
  }
}

/** Whether the token at `index` ends the word before it. */
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

/** `index`, or `NO_VALUE` when the token is a quoted string or a parameter marker. */
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

/** The unquoted path in `from INTO to` or `from TO to`, where `first` is the first token of `from`. */
function transferPath(tokens: TokenList, first: number): number {
  const source = unquoted(tokens, first);
  if (source !== NO_VALUE) return source;
  const i = tokens.stringsEnd(first + 1);
  const keyword = tokens.keyword(i);
  const isTransfer = keyword === Keyword.INTO || keyword === Keyword.TO;
  return isTransfer ? unquoted(tokens, tokens.significant(i + 1)) : NO_VALUE;
}

/** `index`, or `NO_VALUE` when a name, a quoted string or a parameter marker is there. */
function unquotedPath(tokens: TokenList, index: number): number {
  if (!tokens.isName(index)) return unquoted(tokens, index);
  let i = index + 1;
  while (tokens.isName(i) || tokens.operatorAt(i) === Code.DOT) i++;
  return endsWord(tokens, i) ? NO_VALUE : index;
}
