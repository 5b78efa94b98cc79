import { CASE_BIT } from './characters';

/**
 * The words that the two readers act on. Databricks SQL reserves next to none of its keywords, so a word is a
 * keyword only where a reader expects one.
 */
const Keyword = {
  NONE: 0,
  ADD: 1,
  ALL: 2,
  ALTER: 3,
  ANALYZE: 4,
  AS: 5,
  BEGIN: 6,
  CACHE: 7,
  CALL: 8,
  CATALOG: 9,
  CLUSTER: 10,
  CODEGEN: 11,
  COLUMNS: 12,
  COMMENT: 13,
  CONNECTION: 14,
  CONVERT: 15,
  COPY: 16,
  COST: 17,
  CREATE: 18,
  CREDENTIAL: 19,
  DATA: 20,
  DATABASE: 21,
  DATE: 22,
  DECLARE: 23,
  DEFAULT: 24,
  DELETE: 25,
  DENY: 26,
  DESC: 27,
  DESCRIBE: 28,
  DETAIL: 29,
  DIRECTORY: 30,
  DISTINCT: 31,
  DISTRIBUTE: 32,
  DO: 33,
  DROP: 34,
  ELSE: 35,
  EVOLUTION: 36,
  EXCEPT: 37,
  EXEC: 38,
  EXECUTE: 39,
  EXISTS: 40,
  EXPLAIN: 41,
  EXTENDED: 42,
  FALSE: 43,
  FORMATTED: 44,
  FROM: 45,
  FSCK: 46,
  FUNCTION: 47,
  GET: 48,
  GRANT: 49,
  GROUP: 50,
  HAVING: 51,
  HISTORY: 52,
  IDENTIFIER: 53,
  IF: 54,
  IMMEDIATE: 55,
  IN: 56,
  INDEX: 57,
  INSERT: 58,
  INTERSECT: 59,
  INTO: 60,
  JOIN: 61,
  LATERAL: 62,
  LAZY: 63,
  LIKE: 64,
  LIMIT: 65,
  LIST: 66,
  LOAD: 67,
  LOCAL: 68,
  LOCATION: 69,
  LOOP: 70,
  MATERIALIZED: 71,
  MAX: 72,
  MERGE: 73,
  METASTORE: 74,
  MINUS: 75,
  MSCK: 76,
  NOT: 77,
  NULL: 78,
  ON: 79,
  OPTIMIZE: 80,
  OR: 81,
  ORDER: 82,
  OVERWRITE: 83,
  PARTITIONS: 84,
  POLICY: 85,
  PROCEDURE: 86,
  PROVIDER: 87,
  PUT: 88,
  QUALIFY: 89,
  QUERY: 90,
  RECIPIENT: 91,
  RECURSIVE: 92,
  REFRESH: 93,
  REMOVE: 94,
  REORG: 95,
  REPAIR: 96,
  REPEAT: 97,
  REPLACE: 98,
  RESET: 99,
  RESTORE: 100,
  REVOKE: 101,
  ROLE: 102,
  SCHEMA: 103,
  SELECT: 104,
  SEQUENCE: 105,
  SET: 106,
  SHARE: 107,
  SHOW: 108,
  SORT: 109,
  STREAM: 110,
  STREAMING: 111,
  SYNC: 112,
  TABLE: 113,
  TABLES: 114,
  TBLPROPERTIES: 115,
  THEN: 116,
  TIME: 117,
  TIMESTAMP: 118,
  TIMESTAMP_LTZ: 119,
  TIMESTAMP_NTZ: 120,
  TO: 121,
  TRIGGER: 122,
  TRUE: 123,
  TRUNCATE: 124,
  UNCACHE: 125,
  UNDROP: 126,
  UNION: 127,
  UNSET: 128,
  UPDATE: 129,
  USE: 130,
  USER: 131,
  USING: 132,
  VACUUM: 133,
  VALUES: 134,
  VAR: 135,
  VARIABLE: 136,
  VIEW: 137,
  VOLUME: 138,
  WHERE: 139,
  WINDOW: 140,
  WITH: 141,
  ZONE: 142,
} as const;

const TABLE_SIZE = 1024;
const SLOT_MASK = TABLE_SIZE - 1;

/** Ids of keywords by slot: words that look alike follow each other. */
const slots = new Uint8Array(TABLE_SIZE);
/** {@link looksOf} of each keyword, by id. */
const looks = new Int32Array(256);
const names: string[] = [''];

/**
 * What tells most words from each keyword at a glance: the first letter, the last, and the length. Each with
 * `CASE_BIT` set.
 */
function looksOf(first: number, last: number, length: number): number {
  return (first << 16) | (last << 8) | length;
}

function slotOf(look: number): number {
  return (Math.imul(look, 0x9e3779b1) >>> 20) & SLOT_MASK;
}

let longest = 0;
let shortest = TABLE_SIZE;
for (const [name, id] of Object.entries(Keyword)) {
  if (id === Keyword.NONE) continue;
  const { length } = name;
  const look = looksOf(
    name.charCodeAt(0) | CASE_BIT,
    name.charCodeAt(length - 1) | CASE_BIT,
    length,
  );
  let slot = slotOf(look);
  while (slots[slot] !== 0) slot = (slot + 1) & SLOT_MASK;
  slots[slot] = id;
  looks[id] = look;
  names[id] = name;
  longest = Math.max(longest, length);
  shortest = Math.min(shortest, length);
}
const LONGEST = longest;
const SHORTEST = shortest;

function isSpelled(name: string, codes: Uint16Array, start: number): boolean {
  for (let i = 1; i < name.length - 1; i++) {
    // A word holds letters, digits and underscores: with the bit set, only the two cases of a letter are the same.
    if (((codes[start + i] as number) | CASE_BIT) !== (name.charCodeAt(i) | CASE_BIT)) return false;
  }
  return true;
}

/** The keyword that the word from `start` up to `end` spells, in any case, or `Keyword.NONE`. */
export function keywordAt(codes: Uint16Array, start: number, end: number): number {
  const length = end - start;
  if (length < SHORTEST || length > LONGEST) return Keyword.NONE;
  const look = looksOf(
    (codes[start] as number) | CASE_BIT,
    (codes[end - 1] as number) | CASE_BIT,
    length,
  );
  let slot = slotOf(look);
  for (;;) {
    const id = slots[slot] as number;
    if (id === Keyword.NONE) return Keyword.NONE;
    if (looks[id] === look && isSpelled(names[id] as string, codes, start)) return id;
    slot = (slot + 1) & SLOT_MASK;
  }
}

// Exported here and not where they are declared, so that this module reads constants, not members of its exports.
export { Keyword };
