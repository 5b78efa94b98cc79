import { CUT_MARK, sanitizeTokens } from './sanitize';
import { summarizeTokens } from './summary';
import { tokenize } from './tokenizer';
import { TokenList } from './tokens';

/** What is told of a query. */
export interface QueryReading {
  /** For `db.query.text`: the text without literals and comments. */
  readonly text: string;
  /** For `db.query.summary`: operations and targets; `undefined` when the statement is of no known kind. */
  readonly summary: string | undefined;
}

export interface SanitizeOptions {
  /** Longest output, in UTF-16 units; a longer one is cut between two tokens and ends in `...`. */
  readonly maxLength?: number;
}

/** Beyond this, in UTF-16 units, a text is not read; what is told of it is marked as cut. */
export const MAX_READ_LENGTH = 65_536;
/** Longest `db.query.text`, in UTF-16 units. */
export const DEFAULT_MAX_TEXT_LENGTH = 8_192;

/** The list of tokens that all texts share is for texts of this length, until a longer one comes: 50 kB, then 400 kB. */
const USUAL_LENGTH = 8_192;
let sharedTokens = new TokenList(USUAL_LENGTH);

function tokenListFor(text: string): TokenList {
  if (text.length > sharedTokens.capacity) sharedTokens = new TokenList(MAX_READ_LENGTH);
  return sharedTokens;
}

interface Beginning {
  readonly tokens: TokenList;
  readonly isCut: boolean;
}

function readBeginning(sql: string): Beginning {
  // The mark of a text that was cut before is not part of its last token.
  const isMarked = sql.endsWith(CUT_MARK);
  const length = isMarked ? sql.length - CUT_MARK.length : sql.length;
  const isCut = isMarked || length > MAX_READ_LENGTH;
  const text = isCut ? sql.slice(0, Math.min(length, MAX_READ_LENGTH)) : sql;
  const tokens = tokenListFor(text);
  tokenize(text, tokens);
  return { tokens, isCut };
}

/** `sql` without literals and comments, for `db.query.text`. Never throws. */
export function sanitizeQuery(sql: string, options?: SanitizeOptions): string {
  const { tokens, isCut } = readBeginning(sql);
  return sanitizeTokens(tokens, isCut, options?.maxLength ?? DEFAULT_MAX_TEXT_LENGTH);
}

/**
 * Operations and targets of `sql`, for `db.query.summary` and the span name: at most 255 characters, the first word is
 * the operation. `undefined` when the statement is of no known kind. Never throws.
 */
export function summarizeQuery(sql: string): string | undefined {
  const { tokens } = readBeginning(sql);
  return summarizeTokens(tokens);
}

/** Longer texts are read each time, so that the cache stays small: at most 1 MB. */
const MAX_CACHED_LENGTH = 2_048;
const MAX_GENERATION_SIZE = 128;

let youngReadings = new Map<string, QueryReading>();
let oldReadings = new Map<string, QueryReading>();

function remember(sql: string, reading: QueryReading): void {
  if (youngReadings.size >= MAX_GENERATION_SIZE) {
    oldReadings = youngReadings;
    youngReadings = new Map();
  }
  youngReadings.set(sql, reading);
}

/** Text and summary of `sql` in one go, remembered for the statements an application repeats. Never throws. */
export function readQuery(sql: string): QueryReading {
  const young = youngReadings.get(sql);
  if (young !== undefined) return young;
  const old = oldReadings.get(sql);
  if (old !== undefined) {
    remember(sql, old);
    return old;
  }
  const { tokens, isCut } = readBeginning(sql);
  const reading = {
    text: sanitizeTokens(tokens, isCut, DEFAULT_MAX_TEXT_LENGTH),
    summary: summarizeTokens(tokens),
  };
  if (sql.length <= MAX_CACHED_LENGTH) remember(sql, reading);
  return reading;
}
