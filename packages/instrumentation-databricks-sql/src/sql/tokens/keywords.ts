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
  ARCHIVE: 5,
  ARCHIVES: 6,
  AS: 7,
  ATOMIC: 8,
  BEGIN: 9,
  CACHE: 10,
  CALL: 11,
  CATALOG: 12,
  CLUSTER: 13,
  CODEGEN: 14,
  COLUMN: 15,
  COLUMNS: 16,
  COMMENT: 17,
  CONNECTION: 18,
  CONVERT: 19,
  COPY: 20,
  COPY_OPTIONS: 21,
  COST: 22,
  CREATE: 23,
  CREDENTIAL: 24,
  CURSOR: 25,
  DATA: 26,
  DATABASE: 27,
  DATE: 28,
  DBPROPERTIES: 29,
  DECLARE: 30,
  DEFAULT: 31,
  DELETE: 32,
  DENY: 33,
  DESC: 34,
  DESCRIBE: 35,
  DETAIL: 36,
  DIAGNOSTICS: 37,
  DIRECTORY: 38,
  DISTINCT: 39,
  DISTRIBUTE: 40,
  DO: 41,
  DROP: 42,
  ELSE: 43,
  ENCRYPTION: 44,
  EVOLUTION: 45,
  EXCEPT: 46,
  EXEC: 47,
  EXECUTE: 48,
  EXISTS: 49,
  EXPLAIN: 50,
  EXTENDED: 51,
  FALSE: 52,
  FILE: 53,
  FILES: 54,
  FOREIGN: 55,
  FORMATTED: 56,
  FORMAT_OPTIONS: 57,
  FROM: 58,
  FSCK: 59,
  FUNCTION: 60,
  GET: 61,
  GRANT: 62,
  GROUP: 63,
  HANDLER: 64,
  HAVING: 65,
  HISTORY: 66,
  IDENTIFIER: 67,
  IF: 68,
  IMMEDIATE: 69,
  IN: 70,
  INDEX: 71,
  INPATH: 72,
  INSERT: 73,
  INTERSECT: 74,
  INTO: 75,
  JAR: 76,
  JARS: 77,
  JOIN: 78,
  LATERAL: 79,
  LAZY: 80,
  LIKE: 81,
  LIMIT: 82,
  LIST: 83,
  LOAD: 84,
  LOCAL: 85,
  LOCATION: 86,
  LOOP: 87,
  MATERIALIZED: 88,
  MAX: 89,
  MERGE: 90,
  METASTORE: 91,
  MINUS: 92,
  MSCK: 93,
  NOT: 94,
  NULL: 95,
  ON: 96,
  OPTIMIZE: 97,
  OPTIONS: 98,
  OR: 99,
  ORDER: 100,
  OVERWRITE: 101,
  PARTITIONS: 102,
  POLICY: 103,
  PROCEDURE: 104,
  PROPERTIES: 105,
  PROVIDER: 106,
  PUT: 107,
  QUALIFY: 108,
  QUERY: 109,
  RECIPIENT: 110,
  RECURSIVE: 111,
  REFRESH: 112,
  REMOVE: 113,
  REORG: 114,
  REPAIR: 115,
  REPEAT: 116,
  REPLACE: 117,
  RESET: 118,
  RESTORE: 119,
  REVOKE: 120,
  ROLE: 121,
  SCHEMA: 122,
  SELECT: 123,
  SEQUENCE: 124,
  SET: 125,
  SHARE: 126,
  SHOW: 127,
  SORT: 128,
  SQLSTATE: 129,
  STREAM: 130,
  STREAMING: 131,
  SYNC: 132,
  TABLE: 133,
  TABLES: 134,
  TAG: 135,
  TAGS: 136,
  TBLPROPERTIES: 137,
  THEN: 138,
  TIME: 139,
  TIMESTAMP: 140,
  TIMESTAMP_LTZ: 141,
  TIMESTAMP_NTZ: 142,
  TO: 143,
  TRIGGER: 144,
  TRUE: 145,
  TRUNCATE: 146,
  UNCACHE: 147,
  UNDROP: 148,
  UNION: 149,
  UNSET: 150,
  UPDATE: 151,
  USE: 152,
  USER: 153,
  USING: 154,
  VACUUM: 155,
  VALUES: 156,
  VAR: 157,
  VARIABLE: 158,
  VIEW: 159,
  VOLUME: 160,
  WHERE: 161,
  WINDOW: 162,
  WITH: 163,
  ZONE: 164,
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
