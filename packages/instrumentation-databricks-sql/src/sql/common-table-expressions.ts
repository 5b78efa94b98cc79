import { Code } from './characters';
import { Keyword } from './keywords';
import type { TokenList } from './tokens';

/** A common table expression whose body is being read. */
export interface OpenCte {
  /** In lower case. */
  readonly name: string;
  readonly isRecursive: boolean;
  /** Depth of its body. */
  readonly depth: number;
  /** Whether the statement it serves comes after it, rather than being under way. */
  readonly leadsStatement: boolean;
}

/** What {@link cteBody} gives for a name that is not the one of a common table expression. */
export const NO_BODY = -1;

/** `MAX RECURSION LEVEL n` */
const RECURSION_LIMIT_WORDS = 4;

/**
 * Position of the `(` before the body of the common table expression named at `index`: in `x (a, b) AS (…)` the second
 * one. AS may be left out.
 */
export function cteBody(tokens: TokenList, index: number): number {
  if (!tokens.isName(index)) return NO_BODY;
  let i = columnListEnd(tokens, tokens.significant(index + 1));
  if (tokens.keyword(i) === Keyword.MAX) {
    for (let word = 0; word < RECURSION_LIMIT_WORDS; word++) i = tokens.significant(i + 1);
  }
  if (tokens.keyword(i) === Keyword.AS) i = tokens.significant(i + 1);
  return tokens.operatorAt(i) === Code.PARENTHESIS_OPEN ? i : NO_BODY;
}

/** Position after the list of names in parentheses at `open`; `open` when there is none. */
function columnListEnd(tokens: TokenList, open: number): number {
  if (tokens.operatorAt(open) !== Code.PARENTHESIS_OPEN) return open;
  let i = open;
  do {
    const name = tokens.significant(i + 1);
    // A body begins with two words, or with a parenthesis.
    if (!tokens.isName(name)) return open;
    i = tokens.significant(name + 1);
  } while (tokens.operatorAt(i) === Code.COMMA);
  return tokens.operatorAt(i) === Code.PARENTHESIS_CLOSE ? tokens.significant(i + 1) : open;
}
