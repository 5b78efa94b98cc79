import { CASE_BIT } from './characters';

/**
 * The words that the sanitizer and the summarizer act on. Databricks SQL reserves almost no word, so a word counts as
 * a keyword only where a statement can have that keyword.
 */
export const Keyword = {
  NONE: 0,
  ADD: 1,
  ALL: 2,
  ALTER: 3,
  ANALYZE: 4,
  AND: 5,
  ARCHIVE: 6,
  ARCHIVES: 7,
  AS: 8,
  ATOMIC: 9,
  BEGIN: 10,
  BETWEEN: 11,
  CACHE: 12,
  CALL: 13,
  CASE: 14,
  CATALOG: 15,
  CLEAR: 16,
  CLUSTER: 17,
  CODEGEN: 18,
  COLLATE: 19,
  COLUMN: 20,
  COLUMNS: 21,
  COMMENT: 22,
  COMMIT: 23,
  CONNECTION: 24,
  CONVERT: 25,
  COPY: 26,
  COPY_OPTIONS: 27,
  COST: 28,
  CREATE: 29,
  CREDENTIAL: 30,
  CURSOR: 31,
  DATA: 32,
  DATABASE: 33,
  DATE: 34,
  DBPROPERTIES: 35,
  DECLARE: 36,
  DEFAULT: 37,
  DELETE: 38,
  DENY: 39,
  DESC: 40,
  DESCRIBE: 41,
  DETAIL: 42,
  DIAGNOSTICS: 43,
  DIRECTORY: 44,
  DISTINCT: 45,
  DISTRIBUTE: 46,
  DIV: 47,
  DO: 48,
  DROP: 49,
  ELSE: 50,
  ENCRYPTION: 51,
  EVOLUTION: 52,
  EXCEPT: 53,
  EXEC: 54,
  EXECUTE: 55,
  EXISTS: 56,
  EXPLAIN: 57,
  EXTENDED: 58,
  FALSE: 59,
  FILE: 60,
  FILES: 61,
  FLOW: 62,
  FOR: 63,
  FOREIGN: 64,
  FORMATTED: 65,
  FORMAT_OPTIONS: 66,
  FROM: 67,
  FSCK: 68,
  FUNCTION: 69,
  GENERATE: 70,
  GET: 71,
  GRANT: 72,
  GROUP: 73,
  HANDLER: 74,
  HAVING: 75,
  HISTORY: 76,
  IDENTIFIER: 77,
  IF: 78,
  ILIKE: 79,
  IMMEDIATE: 80,
  IN: 81,
  INDEX: 82,
  INPATH: 83,
  INSERT: 84,
  INTERSECT: 85,
  INTO: 86,
  IS: 87,
  JAR: 88,
  JARS: 89,
  JOIN: 90,
  LATERAL: 91,
  LAZY: 92,
  LIKE: 93,
  LIMIT: 94,
  LIST: 95,
  LOAD: 96,
  LOCAL: 97,
  LOCATION: 98,
  LOOP: 99,
  MAP: 100,
  MATERIALIZED: 101,
  MAX: 102,
  MERGE: 103,
  METASTORE: 104,
  MINUS: 105,
  MSCK: 106,
  NAMESPACE: 107,
  NOT: 108,
  NULL: 109,
  ON: 110,
  OPTIMIZE: 111,
  OPTIONS: 112,
  OR: 113,
  ORDER: 114,
  OVERWRITE: 115,
  PARTITIONS: 116,
  POLICY: 117,
  PROCEDURE: 118,
  PROPERTIES: 119,
  PROVIDER: 120,
  PUT: 121,
  QUALIFY: 122,
  QUERY: 123,
  RECIPIENT: 124,
  RECURSIVE: 125,
  REDUCE: 126,
  REFRESH: 127,
  REGEXP: 128,
  REMOVE: 129,
  REORG: 130,
  REPAIR: 131,
  REPEAT: 132,
  REPLACE: 133,
  RESET: 134,
  RESTORE: 135,
  REVOKE: 136,
  RLIKE: 137,
  ROLE: 138,
  ROLLBACK: 139,
  SCHEMA: 140,
  SELECT: 141,
  SEQUENCE: 142,
  SERVER: 143,
  SET: 144,
  SHARE: 145,
  SHOW: 146,
  SORT: 147,
  SQLSTATE: 148,
  STREAM: 149,
  STREAMING: 150,
  SYNC: 151,
  TABLE: 152,
  TABLES: 153,
  TAG: 154,
  TAGS: 155,
  TBLPROPERTIES: 156,
  THEN: 157,
  TIME: 158,
  TIMESTAMP: 159,
  TIMESTAMP_LTZ: 160,
  TIMESTAMP_NTZ: 161,
  TO: 162,
  TRIGGER: 163,
  TRUE: 164,
  TRUNCATE: 165,
  UNCACHE: 166,
  UNDROP: 167,
  UNION: 168,
  UNSET: 169,
  UPDATE: 170,
  USE: 171,
  USER: 172,
  USING: 173,
  VACUUM: 174,
  VALUES: 175,
  VAR: 176,
  VARIABLE: 177,
  VIEW: 178,
  VOLUME: 179,
  WHERE: 180,
  WINDOW: 181,
  WITH: 182,
  ZONE: 183,
} as const;

const TABLE_SIZE = 1024;
const SLOT_MASK = TABLE_SIZE - 1;

/** Hash table of keyword ids; keywords with the same hash are in consecutive slots. */
const slots = new Uint8Array(TABLE_SIZE);
/** {@link fingerprintOf} of each keyword, by keyword id. */
const fingerprints = new Int32Array(256);
const names: string[] = [''];

/**
 * The first letter, the last letter and the length as one number, which rules out most words without comparing every
 * letter. Both letters must have `CASE_BIT` set.
 */
function fingerprintOf(first: number, last: number, length: number): number {
  return (first << 16) | (last << 8) | length;
}

function slotOf(fingerprint: number): number {
  return (Math.imul(fingerprint, 0x9e3779b1) >>> 20) & SLOT_MASK;
}

let longest = 0;
let shortest = TABLE_SIZE;
for (const [name, id] of Object.entries(Keyword)) {
  if (id === Keyword.NONE) continue;
  const { length } = name;
  const fingerprint = fingerprintOf(
    name.charCodeAt(0) | CASE_BIT,
    name.charCodeAt(length - 1) | CASE_BIT,
    length,
  );
  let slot = slotOf(fingerprint);
  while (slots[slot] !== 0) slot = (slot + 1) & SLOT_MASK;
  slots[slot] = id;
  fingerprints[id] = fingerprint;
  names[id] = name;
  longest = Math.max(longest, length);
  shortest = Math.min(shortest, length);
}
const LONGEST = longest;
const SHORTEST = shortest;

function isSpelled(name: string, codes: Uint16Array, start: number): boolean {
  for (let i = 1; i < name.length - 1; i++) {
    // A word consists of letters, digits and underscores, so with the bit set only upper and lower case compare equal.
    if (((codes[start + i] as number) | CASE_BIT) !== (name.charCodeAt(i) | CASE_BIT)) return false;
  }
  return true;
}

/** The id of the keyword spelled from `start` up to `end`, in upper or lower case; `Keyword.NONE` for other words. */
export function keywordAt(codes: Uint16Array, start: number, end: number): number {
  const length = end - start;
  if (length < SHORTEST || length > LONGEST) return Keyword.NONE;
  const fingerprint = fingerprintOf(
    (codes[start] as number) | CASE_BIT,
    (codes[end - 1] as number) | CASE_BIT,
    length,
  );
  let slot = slotOf(fingerprint);
  for (;;) {
    const id = slots[slot] as number;
    if (id === Keyword.NONE) return Keyword.NONE;
    if (fingerprints[id] === fingerprint && isSpelled(names[id] as string, codes, start)) return id;
    slot = (slot + 1) & SLOT_MASK;
  }
}
