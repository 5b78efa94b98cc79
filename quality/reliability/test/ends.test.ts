import * as assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { FaultRule } from '@dbsql-otel/local-warehouse';
import type { End } from '../src/ends/application';

const APPLICATION = path.resolve(__dirname, '../src/ends/application.js');
const ENDS: readonly End[] = [
  'sdk.shutdown',
  'SIGTERM handler',
  'natural drain',
  'process.exit',
  'uncaught exception',
  'unhandled rejection',
  'fork',
  'worker thread',
];
/** Records of one run: the session's two, and two statements. */
const RECORDS = 4;
/** Ends that leave time for what is pending; the others lose what the close of the client did not flush. */
const COMPLETE: ReadonlySet<End> = new Set(['sdk.shutdown', 'SIGTERM handler']);
const TWICE: ReadonlySet<End> = new Set(['fork', 'worker thread']);
/** The application's deadline is 5 s, and a machine may stall; its requests are given up after 60 s. */
const MAX_DELAY_MS = 30_000;

interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
}

async function run(warehouse: LocalWarehouse, end: End, kind: 'bare' | 'traced'): Promise<Run> {
  const startMs = performance.now();
  const connection = JSON.stringify(warehouse.connectionOptions());
  const child = spawn(process.execPath, [APPLICATION, end, connection, kind]);
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      written[name] += chunk.toString('utf8');
    });
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, ...written, tookMs: performance.now() - startMs };
}

/** Without the frames, which name the files of either application, and the place that Node.js prints. */
function firstError(stderr: string): string {
  return /^\w*Error:.*$/m.exec(stderr)?.[0] ?? stderr;
}

describe('the end of the process', function () {
  this.timeout(120_000);

  let warehouse: LocalWarehouse;
  before(async () => {
    warehouse = await LocalWarehouse.start();
  });
  after(() => warehouse.stop());
  afterEach(() => {
    warehouse.reset();
    warehouse.clearLogs();
  });

  const bareRuns = new Map<End, Run>();
  async function compare(end: End, fault?: FaultRule): Promise<void> {
    const bare = bareRuns.get(end) ?? (await run(warehouse, end, 'bare'));
    bareRuns.set(end, bare);
    warehouse.clearLogs();
    if (fault) warehouse.fault(fault);
    const traced = await run(warehouse, end, 'traced');
    assert.deepStrictEqual(
      [traced.code, traced.signal, traced.stdout, firstError(traced.stderr)],
      [bare.code, bare.signal, bare.stdout, firstError(bare.stderr)],
    );
    assert.ok(traced.tookMs < bare.tookMs + MAX_DELAY_MS, `${traced.tookMs} ms`);
  }

  for (const end of ENDS) {
    it(`${end}: as without telemetry`, async () => {
      await compare(end);
      const ids = warehouse.telemetry.flatMap(({ accepted }) =>
        accepted.map((log) => log['frontend_log_event_id']),
      );
      assert.strictEqual(new Set(ids).size, ids.length);
      const all = TWICE.has(end) ? 2 * RECORDS : RECORDS;
      assert.ok(ids.length <= all, `${ids.length} records of ${all}`);
      if (COMPLETE.has(end) || TWICE.has(end)) assert.strictEqual(ids.length, all);
    });
  }

  for (const end of ['sdk.shutdown', 'natural drain'] as const) {
    it(`${end}: no later than the deadline when the endpoint hangs`, async () => {
      await compare(end, { match: 'telemetry', hang: 'headers' });
    });
  }
});
