/**
 * `npm run soak -- --minutes N`, or `--statements N`: many statements under a telemetry endpoint that flaps, and beside
 * it, in a process and on a warehouse of its own, the same load on the bare driver, whose heap grows by itself. Prints
 * one line of JSON; fails when memory grows more than that, a record is not accounted for, or something holds the
 * process.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type * as Driver from '@databricks/sql';
import { Pipeline, unaccounted } from '../pipeline';
import { loadAndWatch } from './heap-growth';
import type { HeapGrowth } from './heap-growth';
import type { Load } from './load';
import type { FromWarehouse, ToWarehouse } from './messages';

const MS_PER_MINUTE = 60_000;
/** Shorter soaks do not come so far that the heap can be judged. */
const MIN_JUDGED_STATEMENTS = 100_000;
/** Standard errors that still count as no growth. */
const UNCERTAINTY = 3;
/** What still counts as no growth, for the whole run: a soak of some minutes cannot tell less from noise. */
const MAX_GROWTH_BYTES = 500_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    statements: { type: 'string' },
    bare: { type: 'boolean', default: false },
  },
});
const startMs = performance.now();

function share({ statements }: Load): number {
  return values.statements === undefined
    ? (performance.now() - startMs) / (Number(values.minutes ?? 1) * MS_PER_MINUTE)
    : statements / Number(values.statements);
}

class Warehouse {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(): Promise<{
    warehouse: Warehouse;
    connection: (FromWarehouse & { kind: 'ready' })['connection'];
  }> {
    const child = fork(path.join(__dirname, 'warehouse.js'));
    const [{ connection }] = (await once(child, 'message')) as [FromWarehouse & { kind: 'ready' }];
    return { warehouse: new Warehouse(child), connection };
  }

  /** From now on telemetry is taken. */
  steady(): void {
    this.#tell('steady');
  }

  async count(): Promise<FromWarehouse & { kind: 'count' }> {
    this.#tell('count');
    const [counted] = (await once(this.#child, 'message')) as [FromWarehouse & { kind: 'count' }];
    return counted;
  }

  async stop(): Promise<void> {
    this.#tell('stop');
    await once(this.#child, 'close');
    // Its handles are let go in the turn after.
    await turn();
  }

  #tell(message: ToWarehouse): void {
    this.#child.send(message);
  }
}

/** The bare driver under the same load, in a process of its own; `undefined` for a soak too short to judge the heap. */
function startControl(): Promise<HeapGrowth | undefined> | undefined {
  if (Number(values.statements ?? Infinity) < MIN_JUDGED_STATEMENTS) return undefined;
  const child = fork(__filename, [...process.argv.slice(2), '--bare'], {
    execArgv: ['--expose-gc'],
  });
  return new Promise((resolve, reject) => {
    child.once('message', ({ growth }: { growth?: HeapGrowth }) => resolve(growth));
    child.once('exit', (code) => reject(new Error(`the bare driver's soak ended with ${code}`)));
  });
}

async function runBare(): Promise<void> {
  // The soak it is compared with is over, or died.
  process.once('disconnect', () => process.exit());
  const { warehouse, connection } = await Warehouse.start();
  const driver = require('@databricks/sql') as typeof Driver;
  const { growth } = await loadAndWatch(driver, connection, share);
  await warehouse.stop();
  process.send?.({ growth });
  process.disconnect();
}

async function main(): Promise<void> {
  // They open when they are first looked at.
  void [process.stdout, process.stderr];
  const handlesBefore = handles();
  const control = startControl();
  const { warehouse, connection } = await Warehouse.start();
  const pipeline = new Pipeline({
    exporter: { requestTimeoutMs: 1_000, circuitBreaker: { openMs: 1_000 } },
    processor: { scheduledDelayMs: 500 },
  });
  const driver = require('@databricks/sql') as typeof Driver;
  let maxPending = 0;
  let maxStatements = 0;
  const { progress, growth } = await loadAndWatch(driver, connection, share, () => {
    const { pending, statements } = pipeline.processor.stats();
    maxPending = Math.max(maxPending, pending);
    maxStatements = Math.max(maxStatements, statements);
  });
  const seconds = Math.round((performance.now() - startMs) / 1_000);
  const bareGrowth = await control;

  warehouse.steady();
  await pipeline.processor.forceFlush();
  await pipeline.sdk.shutdown();
  const processor = pipeline.processor.stats();
  const exporter = pipeline.exporter.stats();
  const { accepted, repeated } = await warehouse.count();
  await warehouse.stop();
  const handlesAfter = handles();
  console.log(
    JSON.stringify({
      ...progress,
      seconds,
      heap: growth,
      heapOfBareDriver: bareGrowth,
      maxPending,
      maxStatements,
      processor,
      accepted,
      repeated,
      handles: { before: handlesBefore, after: handlesAfter },
    }),
  );

  const findings = [
    growth && bareGrowth && grows(growth, bareGrowth) && 'memory grows',
    (unaccounted(processor) !== 0 || unaccounted(exporter) !== 0) && 'the accounts do not balance',
    processor.pending !== 0 && 'records are pending after the shutdown',
    accepted - repeated < processor.delivered && 'fewer records arrived than were delivered',
    handlesAfter > handlesBefore && 'handles are left',
  ].filter((finding) => typeof finding === 'string');
  for (const finding of findings) console.error(finding);
  if (findings.length > 0) process.exitCode = 1;
}

/** More than the bare driver's heap does. */
function grows(ours: HeapGrowth, bare: HeapGrowth): boolean {
  const more = ours.bytesPerStatement - bare.bytesPerStatement;
  return (
    more > UNCERTAINTY * Math.hypot(ours.error, bare.error) &&
    more * ours.statements > MAX_GROWTH_BYTES
  );
}

/** Timers and sockets that hold the process; its own output, where that is a pipe, among them. */
function handles(): number {
  return process.getActiveResourcesInfo().filter((name) => /Timeout|TCP|TLS|Pipe/.test(name))
    .length;
}

(values.bare ? runBare() : main()).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
