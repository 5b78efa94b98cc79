/** Reading SQL: sanitising and summarising a statement that is new, and one that was seen before. */
import { readQuery } from '../../../../packages/instrumentation-databricks-sql/build/src/sql/query';
import { alternate } from '../harness/alternate';
import type { Arm } from '../harness/alternate';
import type { Effort } from '../harness/effort';
import type { Benchmark, Figure } from '../harness/benchmark';
import { inTurns } from '../harness/turn';
import { bareSpan, batching, providerOf } from '../peers/spans';

/** 200 characters, as applications write them. */
const QUERY =
  'SELECT o.id, o.total, c.name FROM main.sales.orders o JOIN main.sales.customers c ON c.id = o.customer_id ' +
  "WHERE o.state = 'open' AND o.created > DATE'2026-01-01' AND o.total > 12.50 ORDER BY o.id LIMIT 100;";

/** Plain statements, and those that a reader of SQL may be slow at: by what they repeat. */
const REPEATED = {
  'plain statements': `${QUERY}\n`,
  'one IN list': "'10000', ",
  'nested queries': '((SELECT ',
  'nested comments': '/* ',
  'opened quotes': '\'"`',
  backslashes: "'\\",
  signs: '-+.1e',
} as const;

const KILOBYTES = [4, 8, 16, 32, 64, 128, 256, 512, 1_024];

/** A statement of `kilobytes` thousand characters that repeats one text. */
function longQuery(repeated: string, kilobytes: number): string {
  const length = kilobytes * 1_000;
  const start = 'SELECT * FROM main.sales.orders WHERE id IN (';
  return (start + repeated.repeat(Math.ceil(length / repeated.length))).slice(0, length);
}

let sink = 0;

function reading(name: string, sql: string, read: (sql: string) => string | undefined): Arm {
  return {
    name,
    run(units) {
      for (let unit = 0; unit < units; unit++) {
        sink += read(sql)?.length ?? 0;
      }
    },
  };
}

/** More than the cache of readings holds, so that each is read anew. */
const DISTINCT_QUERIES = 1_024;
const distinct: readonly string[] = Array.from({ length: DISTINCT_QUERIES }, (_, index) =>
  QUERY.replace('100;', String(1_000 + index)),
);
let next = 0;

function newQuery(): string {
  next = (next + 1) % DISTINCT_QUERIES;
  return readQuery(distinct[next] ?? QUERY).text;
}

/** 1.9 µs on the machine of the target, 2 µs: the measure of a cost that would else be absolute. */
const SPAN = 'one span';

function spans(): Arm {
  const tracer = providerOf([batching()]).getTracer('bare');
  return {
    name: SPAN,
    run: (units) =>
      inTurns(units, () => {
        bareSpan(tracer);
      }),
  };
}

/** How much longer twice the text takes, at worst, from 4 kB to 1 MB. */
async function doubling(what: string, repeated: string, effort: Effort): Promise<Figure> {
  const names = KILOBYTES.map((kilobytes) => `${kilobytes} kB`);
  const arms = KILOBYTES.map((kilobytes, index) =>
    reading(names[index] ?? '', longQuery(repeated, kilobytes), (sql) => readQuery(sql).text),
  );
  const pairs = names.slice(1).map((name, index) => [name, names[index] ?? ''] as const);
  const rounds = await alternate(arms, pairs, effort);
  const [worst] = pairs
    .map(([twice, once]) =>
      rounds.figure(twice, once, {
        label: `${what}: ${twice} against ${once}, the worst doubling`,
        target: 2.3,
        gate: 3,
      }),
    )
    .sort((one, other) => other.median - one.median);
  if (worst === undefined) throw new RangeError('no sizes');
  return worst;
}

export const benchmark: Benchmark = {
  name: 'sql',
  title: 'Reading SQL',
  async run(effort): Promise<Figure[]> {
    const arms = [
      spans(),
      reading('new', QUERY, newQuery),
      reading('seen before', QUERY, (sql) => readQuery(sql).text),
    ];
    const rounds = await alternate(arms, [['new', SPAN]], effort);
    const figures = [
      rounds.figure('new', SPAN, {
        label: `${QUERY.length} characters, new, against one span`,
        target: 1.05,
        gate: 1.5,
      }),
      rounds.figure('seen before', SPAN, {
        label: `${QUERY.length} characters, seen before, against one span`,
        target: 0.08,
        gate: 0.16,
      }),
    ];
    for (const [what, repeated] of Object.entries(REPEATED)) {
      figures.push(await doubling(what, repeated, effort));
    }
    return figures;
  },
};

/** Keeps the readings from being optimised away. */
export function checksum(): number {
  return sink;
}
