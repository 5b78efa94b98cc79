/** Whether what a statement costs depends on how many there were, are, or how large they are. */
import { context } from '@opentelemetry/api';
import type { Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { performance } from 'node:perf_hooks';
import { alternate } from '../harness/alternate';
import type { Arm } from '../harness/alternate';
import type { Effort } from '../harness/effort';
import type { Benchmark, Figure } from '../harness/benchmark';
import { statementId } from '../harness/ids';
import { retainedBytes } from '../harness/memory';
import { sampled } from '../harness/sampled';
import { inTurns } from '../harness/turn';
import {
  closeSpan,
  statementSpan,
  statementSpans,
  downloadSpan,
} from '../subjects/statement-spans';
import { requestPerHost } from '../subjects/request-per-host';
import { telemetry } from '../subjects/telemetry';
import { providerOf, RecordOnlySampler } from '../peers/spans';
import { SCOPE_NAME } from '@dbsql-otel/instrumentation-databricks-sql/semconv';

const FLAT = { target: 1.1, gate: 1.2 } as const;
/** Tenants never share a request: a hundred records of a hundred hosts are a hundred requests. */
const HOSTS_LIMIT = 8;
const MANY_HOSTS = 200;

function statements(name: string, run: (count: number) => Promise<void>): Arm {
  return { name, run };
}

/** A pipeline that has seen `before` statements when it is measured. */
async function afterStatements(before: number): Promise<Arm> {
  const { tracer, processor } = telemetry();
  const run = (count: number): Promise<void> =>
    inTurns(count, () => {
      statementSpans(tracer, statementId(), 0);
    });
  await run(before);
  await processor.forceFlush();
  return statements(`after ${before.toLocaleString('en')}`, run);
}

/** Statements of `chunks` sampled chunks; a unit is one chunk. */
function chunked(chunks: number): Arm {
  const { tracer } = telemetry();
  return {
    name: `${chunks.toLocaleString('en')} chunks`,
    run: async (units) => {
      let id = statementId();
      let seen = 0;
      await inTurns(units, () => {
        if (seen === 0) {
          id = statementId();
          statementSpan(tracer, id);
        }
        downloadSpan(tracer, id, seen);
        seen += 1;
        if (seen === chunks) {
          closeSpan(tracer, id, chunks);
          seen = 0;
        }
      });
    },
  };
}

/** `width` statements are in flight all the time. */
function concurrent(width: number): Arm {
  const { tracer } = telemetry();
  const open: string[] = [];
  for (let index = 0; index < width - 1; index++) {
    const id = statementId();
    statementSpan(tracer, id);
    open.push(id);
  }
  let oldest = 0;
  return statements(`${width.toLocaleString('en')} concurrent`, (count) =>
    inTurns(count, () => {
      const id = statementId();
      statementSpan(tracer, id);
      closeSpan(tracer, open[oldest] ?? id, 0);
      if (open.length > 0) {
        open[oldest] = id;
        oldest = (oldest + 1) % open.length;
      }
    }),
  );
}

/** Statements spread over connections to as many hosts. */
function hosts(count: number): Arm {
  const { tracer } = telemetry(Array.from({ length: count }, (_, id) => String(id)));
  return overHosts(`${count} hosts`, count, tracer);
}

/** The same with the least that sends a request per host. */
function leastHosts(count: number): Arm {
  const tracer = providerOf([requestPerHost()], new RecordOnlySampler()).getTracer(SCOPE_NAME);
  return overHosts(`floor, ${count} hosts`, count, tracer);
}

function overHosts(name: string, count: number, tracer: Tracer): Arm {
  let next = 0;
  return statements(name, (units) =>
    inTurns(units, () => {
      next = (next + 1) % count;
      statementSpans(tracer, statementId(), 0, String(next));
    }),
  );
}

async function against(
  first: Arm,
  others: readonly Arm[],
  label: (name: string) => string,
  effort: Effort,
  limit?: number,
): Promise<Figure[]> {
  const rounds = await alternate(
    [first, ...others],
    others.map(({ name }) => [name, first.name] as const),
    effort,
  );
  return others.map(({ name }) =>
    rounds.figure(name, first.name, { row: 16, label: label(name), ...FLAT, limit }),
  );
}

async function hostsFloor(effort: Effort): Promise<Figure> {
  const [one, many] = [leastHosts(1), leastHosts(MANY_HOSTS)];
  const rounds = await alternate([one, many], [[many.name, one.name]], effort);
  return rounds.figure(many.name, one.name, {
    label: `floor: ${MANY_HOSTS} hosts, a request for each, nothing else`,
  });
}

const SLOPE_STATEMENTS = 100_000;

/** Bytes that stay per statement, once the first have made what is made once. */
async function heapSlope(count: number): Promise<Figure> {
  const { tracer, processor } = telemetry();
  const run = async (statementCount: number): Promise<void> => {
    await inTurns(statementCount, () => {
      statementSpans(tracer, statementId(), 0);
    });
    await processor.forceFlush();
  };
  await run(count / 5);
  const bytes = (await retainedBytes(() => run(count))) / count;
  return {
    row: 16,
    ...sampled(`heap kept per statement, over ${count.toLocaleString('en')}`, 'bytes', [bytes]),
    target: 1,
    gate: 5,
    // The short form divides the noise by fewer statements.
    limit: 30,
  };
}

export const benchmark: Benchmark = {
  name: 'growth',
  title: 'Cost per unit as numbers grow',
  async run(effort): Promise<Figure[]> {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const decades = effort.short ? [10_000] : [1_000, 10_000, 100_000, 1_000_000];
    const after: Arm[] = [];
    const start = performance.now();
    for (const decade of decades) {
      after.push(await afterStatements(decade));
    }
    const spentMs = performance.now() - start;
    return [
      ...(await against(
        await afterStatements(100),
        after,
        (name) => `${name} statements, against after 100`,
        { ...effort, budgetMs: effort.budgetMs + spentMs },
      )),
      ...(await against(
        chunked(20),
        (effort.short ? [1_000] : [200, 1_000, 10_000]).map(chunked),
        (name) => `a chunk of ${name}, against one of 20`,
        effort,
      )),
      ...(await against(
        concurrent(1),
        (effort.short ? [1_000] : [10, 100, 1_000]).map(concurrent),
        (name) => `${name} statements, against one at a time`,
        effort,
      )),
      ...(effort.short ? [] : [await hostsFloor(effort)]),
      ...(await against(
        hosts(1),
        (effort.short ? [MANY_HOSTS] : [10, MANY_HOSTS]).map(hosts),
        (name) => `${name}, against one`,
        effort,
        HOSTS_LIMIT,
      )),
      await heapSlope(effort.short ? SLOPE_STATEMENTS / 5 : SLOPE_STATEMENTS),
    ];
  },
};
