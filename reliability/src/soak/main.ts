/**
 * `npm run soak -- --minutes N`, or `--statements N`: many statements under a telemetry endpoint that flaps. Prints one
 * line of JSON; fails when memory grows, a record is not accounted for, or something holds the process.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import type * as Driver from '@databricks/sql';
import { Pipeline, unaccounted } from '../pipeline';
import { load, type Load } from './load';
import type { FromWarehouse, ToWarehouse } from './messages';
import { slope } from './slope';

const MS_PER_MINUTE = 60_000;
const SAMPLES = 60;
/** Code is compiled and caches fill in the first part, which is not measured. */
const WARM_UP_SHARE = 0.3;
/** What still counts as no growth, for the whole run: a soak of some minutes cannot tell less from noise. */
const MAX_GROWTH_BYTES = 1_500_000;
/** Until then the bounded memories of finished statements and sessions still fill, which looks like growth. */
const STATEMENTS_UNTIL_FULL = 10_000;
const UNCERTAINTY = 3;

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, statements: { type: 'string' } },
});

async function main(): Promise<void> {
  const child = fork(path.join(__dirname, 'warehouse.js'));
  const tell = (message: ToWarehouse): boolean => child.send(message);
  const [ready] = (await once(child, 'message')) as [FromWarehouse & { kind: 'ready' }];

  const pipeline = new Pipeline({
    exporter: { requestTimeoutMs: 1_000, circuitBreaker: { openMs: 1_000 } },
    processor: { scheduledDelayMs: 500 },
  });
  const driver = require('@databricks/sql') as typeof Driver;
  const handlesBefore = handles();
  const progress: Load = { statements: 0, abandoned: 0, failed: 0, connections: 0 };
  const startMs = performance.now();
  const share = (): number =>
    values.statements === undefined
      ? (performance.now() - startMs) / (Number(values.minutes ?? 1) * MS_PER_MINUTE)
      : progress.statements / Number(values.statements);

  const heap: { x: number; y: number }[] = [];
  let maxPending = 0;
  let maxStatements = 0;
  const watch = setInterval(() => {
    const { pending, statements } = pipeline.processor.stats();
    maxPending = Math.max(maxPending, pending);
    maxStatements = Math.max(maxStatements, statements);
    if (share() < WARM_UP_SHARE + ((1 - WARM_UP_SHARE) * heap.length) / SAMPLES) return;
    globalThis.gc?.();
    heap.push({ x: progress.statements, y: process.memoryUsage().heapUsed });
  }, 20);
  await load(driver, ready.connection, () => share() >= 1, progress);
  clearInterval(watch);
  const seconds = (performance.now() - startMs) / 1_000;

  tell('steady');
  await pipeline.processor.forceFlush();
  await pipeline.sdk.shutdown();
  const processor = pipeline.processor.stats();
  const exporter = pipeline.exporter.stats();
  tell('count');
  const [counted] = (await once(child, 'message')) as [FromWarehouse & { kind: 'count' }];
  tell('stop');
  await once(child, 'exit');

  const { perUnit, error } = slope(heap);
  const measured = (heap.at(-1)?.x ?? 0) - (heap[0]?.x ?? 0);
  const result = {
    ...progress,
    seconds: Math.round(seconds),
    heapBytesPerStatement: Number(perUnit.toFixed(2)),
    heapBytesPerStatementError: Number(error.toFixed(2)),
    maxPending,
    maxStatements,
    processor,
    accepted: counted.accepted,
    repeated: counted.repeated,
    handles: { before: handlesBefore, after: handles() },
  };
  console.log(JSON.stringify(result));

  const findings = [
    measured >= STATEMENTS_UNTIL_FULL &&
      perUnit > UNCERTAINTY * error &&
      perUnit * measured > MAX_GROWTH_BYTES &&
      'memory grows',
    (unaccounted(processor) !== 0 || unaccounted(exporter) !== 0) && 'the accounts do not balance',
    processor.pending !== 0 && 'records are pending after the shutdown',
    counted.accepted - counted.repeated < processor.delivered &&
      'fewer records arrived than were delivered',
    handles() > handlesBefore && 'handles are left',
  ].filter((finding) => finding !== false);
  for (const finding of findings) console.error(finding);
  if (findings.length > 0) process.exitCode = 1;
}

/** Timers and sockets that hold the process; the pipe to the warehouse is one. */
function handles(): number {
  return process.getActiveResourcesInfo().filter((name) => /Timeout|TCP|TLS|Pipe/.test(name))
    .length;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
