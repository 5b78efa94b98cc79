import { CUT_MARK, sanitizeTokens } from './text/sanitizer';
import { calledProcedure } from './summary/stored-procedure';
import { summarizeTokens } from './summary/summarizer';
import { tokenize } from './tokens/tokenizer';
import { TokenList } from './tokens/token-list';

/** The attributes read from a query. */
export interface QueryReading {
  /** `db.query.text`: the SQL without literals and comments. */
  readonly text: string;
  /** `db.query.summary`: operations and targets; `undefined` for an unknown kind of statement. */
  readonly summary: string | undefined;
  /** `db.stored_procedure.name`: the procedure of a `CALL`; `undefined` for other statements. */
  readonly storedProcedure: string | undefined;
}

export interface SanitizeOptions {
  /** Longest output in UTF-16 units, 8,192 by default; a longer one is cut between two tokens and ends in `...`. */
  readonly maxLength?: number;
}

/** Only this many UTF-16 units of a statement are read; the output for a longer one is marked as cut. */
export const MAX_READ_LENGTH = 65_536;
/** Longest `db.query.text` in UTF-16 units. */
export const DEFAULT_MAX_TEXT_LENGTH = 8_192;

/** Capacity of the shared list of tokens until a longer statement comes: 50 kB of memory, then 400 kB. */
const USUAL_LENGTH = 8_192;
let sharedTokens = new TokenList(USUAL_LENGTH);

function tokenListFor(sql: string): TokenList {
  if (sql.length > sharedTokens.capacity) sharedTokens = new TokenList(MAX_READ_LENGTH);
  return sharedTokens;
}

interface Beginning {
  readonly tokens: TokenList;
  readonly isCut: boolean;
}

function readBeginning(sql: string): Beginning {
  // The mark of a query text that was cut earlier does not belong to its last token.
  const isMarked = sql.endsWith(CUT_MARK);
  const length = isMarked ? sql.length - CUT_MARK.length : sql.length;
  const isCut = isMarked || length > MAX_READ_LENGTH;
  const beginning = isCut ? sql.slice(0, Math.min(length, MAX_READ_LENGTH)) : sql;
  const tokens = tokenListFor(beginning);
  tokenize(beginning, tokens);
  return { tokens, isCut };
}

/** Returns `sql` without literals and comments, for `db.query.text`. Never throws. */
export function sanitizeQuery(sql: string, options?: SanitizeOptions): string {
  const { tokens, isCut } = readBeginning(sql);
  return sanitizeTokens(tokens, isCut, options?.maxLength ?? DEFAULT_MAX_TEXT_LENGTH);
}

/**
 * Returns the operations and targets of `sql`, for `db.query.summary` and the span name: at most 255 characters, the
 * first word is an operation. `undefined` for an unknown kind of statement. Never throws.
 */
export function summarizeQuery(sql: string): string | undefined {
  const { tokens } = readBeginning(sql);
  return summarizeTokens(tokens);
}

/** Longer statements are not cached, which bounds the cache to 1 MB. */
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

/** Returns the attributes of `sql`. Caches the results for repeated statements. Never throws. */
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
    storedProcedure: calledProcedure(tokens),
  };
  if (sql.length <= MAX_CACHED_LENGTH) remember(sql, reading);
  return reading;
}
