/** Reading SQL: sanitising and summarising a statement that is new, and one that was seen before. */
import { readQuery } from '../../../packages/instrumentation-databricks-sql/build/src/sql/read';
import { alternate, type Arm } from '../harness/alternate';
import type { Benchmark, Figure } from '../harness/benchmark';
import { inTurns } from '../harness/turn';
import { bareSpan, batching, providerOf } from '../peers/spans';

/** 200 characters, as applications write them. */
const QUERY =
  'SELECT o.id, o.total, c.name FROM main.sales.orders o JOIN main.sales.customers c ON c.id = o.customer_id ' +
  "WHERE o.state = 'open' AND o.created > DATE'2026-01-01' AND o.total > 12.50 ORDER BY o.id LIMIT 100;";

/** A text of about `length` characters: one IN list, as generated statements have. */
function longQuery(length: number): string {
  const items = Array.from({ length: Math.ceil(length / 9) }, (_, item) => `'${10_000 + item}'`);
  return `SELECT * FROM main.sales.orders WHERE id IN (${items.join(', ')})`;
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

/** Two microseconds on a machine that is otherwise idle: the measure of a cost that would else be absolute. */
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

export const benchmark: Benchmark = {
  name: 'sql',
  title: 'Reading SQL',
  async run(effort): Promise<Figure[]> {
    const perCharacter = new Map<string, number>();
    const arms = [
      spans(),
      reading('new', QUERY, newQuery),
      reading('seen before', QUERY, (sql) => readQuery(sql).text),
      ...[4, 60, 1_000].map((kilobytes) => {
        const sql = longQuery(kilobytes * 1_000);
        perCharacter.set(`${kilobytes} kB`, sql.length);
        return reading(`${kilobytes} kB`, sql, (text) => readQuery(text).text);
      }),
    ];
    const rounds = await alternate(
      arms,
      [['new', SPAN] as const, ['60 kB', '4 kB'] as const],
      effort,
    );
    const growth = (name: string): Figure => {
      const factor = (perCharacter.get(name) ?? 1) / (perCharacter.get('4 kB') ?? 1);
      const { lower, median, upper } = rounds.ratio(name, '4 kB');
      return {
        label: `${name} against 4 kB, per character`,
        unit: '×',
        better: 'lower',
        lower: lower / factor,
        median: median / factor,
        upper: upper / factor,
        target: 1.2,
        gate: 2,
        tooNoisy: !rounds.steady(name, '4 kB'),
        arms: { [name]: rounds.cost(name).median, '4 kB': rounds.cost('4 kB').median },
      };
    };
    return [
      rounds.figure('new', SPAN, {
        label: `${QUERY.length} characters, new, against one span`,
        target: 1.05,
        gate: 3,
      }),
      rounds.figure('seen before', SPAN, {
        label: `${QUERY.length} characters, seen before, against one span`,
        target: 0.08,
        gate: 0.16,
      }),
      growth('60 kB'),
      growth('1000 kB'),
    ];
  },
};

/** Keeps the readings from being optimised away. */
export function checksum(): number {
  return sink;
}
