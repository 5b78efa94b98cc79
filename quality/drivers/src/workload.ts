/** How a program runs a step. */
export type StepKind =
  /** A query; the answer is the sum of its first column. */
  | 'sum'
  /** A query; the answer is the number of rows and columns. */
  | 'shape'
  /** A query with the whole number 5 as its one parameter; the answer is the sum of the first column. */
  | 'parameter'
  /** A statement without rows. */
  | 'execute'
  /** A change of data; the answer is the number of changed rows. */
  | 'change'
  /** A metadata call of the driver; the answer is the number of rows and columns. */
  | 'metadata';

export interface Step {
  readonly name: string;
  readonly kind: StepKind;
  /** The SQL, or the name of the metadata call. */
  readonly text: string;
  /** What the answer, or for `fails` the message of the error, has to match. */
  readonly expected: RegExp;
  readonly fails?: true;
  /** Needs a client that reads more than one chunk of an inline result; the service sends one. */
  readonly hasInlineChunks?: true;
}

const SUM_OF_1000 = /^499500$/;

function range(name: string, hint: string): Step {
  const text = `SELECT * FROM range(1000) /* local-warehouse: ${hint} */`;
  return { name, kind: 'sum', text, expected: SUM_OF_1000 };
}

const TABLE = 'main.default.workload';
const ALL_TYPES = [
  'CAST(1.5 AS DECIMAL(5,2)) AS amount',
  "DATE '2026-01-02' AS day",
  "TIMESTAMP '2026-01-02 03:04:05' AS moment",
  "X'0102' AS bytes",
  'ARRAY(1, 2) AS list',
  "MAP('k', 1) AS mapping",
  "STRUCT(1 AS a, 'b' AS b) AS pair",
  'true AS flag',
  'NULL AS nothing',
].join(', ');

/** What every driver runs, in this order, between connecting and closing. */
export const WORKLOAD: readonly Step[] = [
  { name: 'constant', kind: 'sum', text: 'SELECT 1 AS one', expected: /^1$/ },
  range('columnar', 'columnar'),
  range('Arrow', 'arrow direct=off polls=2'),
  {
    ...range('Arrow, several answers', 'arrow=4 rows-per-chunk=250 pages=2'),
    hasInlineChunks: true,
  },
  range('CloudFetch', 'cloudfetch=5'),
  range('CloudFetch, polled, several answers', 'cloudfetch=12 pages=3 direct=off polls=2'),
  {
    name: 'large result',
    kind: 'sum',
    text: 'SELECT * FROM range(200000)',
    expected: /^19999900000$/,
  },
  { name: 'types', kind: 'shape', text: `SELECT ${ALL_TYPES}`, expected: /^1 x 9$/ },
  { name: 'parameters', kind: 'parameter', text: 'SELECT ? + 1 AS six', expected: /^6$/ },
  {
    name: 'DDL',
    kind: 'execute',
    text: `CREATE OR REPLACE TABLE ${TABLE} (a INT, b STRING)`,
    expected: /^$/,
  },
  {
    name: 'DML',
    kind: 'change',
    text: `INSERT INTO ${TABLE} VALUES (1, 'x'), (2, 'y')`,
    expected: /^2$/,
  },
  { name: 'read back', kind: 'sum', text: `SELECT a FROM ${TABLE}`, expected: /^3$/ },
  {
    name: 'syntax error',
    kind: 'shape',
    text: 'SELEC 1',
    expected: /PARSE_SYNTAX_ERROR/,
    fails: true,
  },
  {
    name: 'missing table',
    kind: 'shape',
    text: 'SELECT * FROM missing',
    expected: /TABLE_OR_VIEW_NOT_FOUND/,
    fails: true,
  },
  { name: 'catalogs', kind: 'metadata', text: 'catalogs', expected: /^2 x 1$/ },
  { name: 'schemas', kind: 'metadata', text: 'schemas', expected: /^2 x 2$/ },
  { name: 'tables', kind: 'metadata', text: 'tables', expected: /^3 x (?:5|10)$/ },
  // JDBC adds the 24th column of its standard.
  { name: 'columns', kind: 'metadata', text: 'columns', expected: /^6 x (?:23|24)$/ },
  { name: 'close', kind: 'execute', text: '', expected: /^$/ },
];
