/** How long the event loop is held up under two thousand statements a second, with us and without. */
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import type IDBSQLSession from '@databricks/sql/dist/contracts/IDBSQLSession';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import type { Benchmark, Figure } from '../harness/benchmark';
import { sampled, sampledRatio } from '../harness/sampled';
import { freshDriver, openSession, query } from '../peers/driver';
import { batching, providerOf, RecordOnlySampler } from '../peers/spans';
import { patchLeast } from '../subjects/least-driver';
import { telemetry } from '../subjects/telemetry';

const STATEMENTS_PER_SECOND = 2_000;
const TICK_MS = 10;
const SQL = "SELECT id FROM main.sales.orders WHERE state = 'open'";

/** 99th percentile of the delay, in milliseconds, while statements come at a steady rate. */
async function delayMs(session: IDBSQLSession, durationMs: number): Promise<number> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  const end = performance.now() + durationMs;
  const pending = new Set<Promise<unknown>>();
  histogram.enable();
  let due = 0;
  for (let last = performance.now(); last < end;) {
    await setTimeout(TICK_MS);
    const now = performance.now();
    due += ((now - last) * STATEMENTS_PER_SECOND) / 1e3;
    last = now;
    for (; due >= 1; due--) {
      const running = query(session, SQL).finally(() => pending.delete(running));
      pending.add(running);
    }
  }
  histogram.disable();
  await Promise.all(pending);
  return histogram.percentile(99) / 1e6;
}

export const benchmark: Benchmark = {
  name: 'event-loop',
  title: `Event-loop delay under ${STATEMENTS_PER_SECOND.toLocaleString('en')} statements per second, 99th percentile`,
  fullOnly: true,
  async run(effort): Promise<Figure[]> {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const answers = { pages: 0, rowsPerPage: 1 };
    const bare = await openSession(freshDriver(), answers);
    const leastDriver = freshDriver();
    patchLeast(providerOf([batching()], new RecordOnlySampler()).getTracer('least'));
    const least = await openSession(leastDriver, answers);
    const instrumentation = new DatabricksSqlInstrumentation();
    instrumentation.setTracerProvider(telemetry().provider);
    const patched = await openSession(freshDriver(), answers);

    const durationMs = effort.short ? 400 : 3_000;
    const rounds = effort.short ? 3 : 7;
    await delayMs(bare, durationMs);
    await delayMs(patched, durationMs);
    await delayMs(least, durationMs);
    const without: number[] = [];
    const withUs: number[] = [];
    const withLeast: number[] = [];
    for (let round = 0; round < rounds; round++) {
      without.push(await delayMs(bare, durationMs));
      withUs.push(await delayMs(patched, durationMs));
      withLeast.push(await delayMs(least, durationMs));
    }
    return [
      sampled('the driver alone', 'ms', without),
      sampled('with our telemetry', 'ms', withUs),
      {
        ...sampledRatio('with our telemetry, against the driver alone', withUs, without),
        row: 16,
        target: 1.1,
        gate: 1.2,
        limit: 20,
      },
      sampledRatio('floor: two recorded spans, active, one promise per call', withLeast, without),
    ];
  },
};
