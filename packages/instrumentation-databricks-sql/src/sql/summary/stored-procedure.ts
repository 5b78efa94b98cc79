import { UNKNOWN_NAME, dottedName, isTargetPart, nameEnd } from '../tokens/identifiers';
import { Keyword } from '../tokens/keywords';
import type { TokenList } from '../tokens/token-list';

/** Returns the name of the procedure when the statement is a `CALL name(…)`, `undefined` for other statements. */
export function calledProcedure(tokens: TokenList): string | undefined {
  const call = tokens.significant(0);
  if (tokens.keyword(call) !== Keyword.CALL) return undefined;
  const name = tokens.significant(call + 1);
  if (!isTargetPart(tokens, name)) return undefined;
  const last = nameEnd(tokens, name);
  return last === UNKNOWN_NAME ? undefined : dottedName(tokens, name, last);
}
