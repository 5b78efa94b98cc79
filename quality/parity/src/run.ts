import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { text } from 'node:stream/consumers';
import type { ProcessorStats } from '@dbsql-otel/exporter-databricks-telemetry';
import type {
  JsonObject,
  LocalWarehouse,
  LoggedRequest,
  StatementFacts,
} from '@dbsql-otel/local-warehouse';
import { at } from './log';
import type { Message, Reporter, Task } from './protocol';
import type { Act } from './workload';

const APPLICATION = path.join(__dirname, 'application.js');

/** One event as the warehouse saw it, and the logs that came of it. */
export interface Observation {
  readonly event: string;
  /** Milliseconds since the epoch. */
  readonly begunAt: number;
  readonly endedAt: number;
  readonly sessionIds: readonly string[];
  /** Requests but those for telemetry, in order. */
  readonly requests: readonly LoggedRequest[];
  readonly statements: readonly StatementFacts[];
  readonly logs: readonly JsonObject[];
}

/** What came of an act. */
export interface ActRun {
  readonly observations: readonly Observation[];
  /** Logs that belong to no event. */
  readonly strayLogs: readonly JsonObject[];
  readonly stats: ProcessorStats | undefined;
}

type Window = Omit<Observation, 'logs'>;

/** Runs an act in a process of its own, on a warehouse whose logs are clear. */
export async function runAct(
  warehouse: LocalWarehouse,
  act: Act,
  reporter: Reporter,
): Promise<ActRun> {
  const folder = await mkdtemp(path.join(tmpdir(), 'parity-'));
  try {
    const authorityFile = path.join(folder, 'authority.pem');
    await writeFile(authorityFile, warehouse.authority.certificate);
    const { windows, stats } = await converse(warehouse, act, reporter, authorityFile);
    const logs = warehouse.telemetry.flatMap((post) => post.accepted);
    const observations = windows.map((window) => observe(window, logs));
    const known = new Set(observations.flatMap((observation) => observation.logs));
    return { observations, strayLogs: logs.filter((log) => !known.has(log)), stats };
  } finally {
    warehouse.reset();
    warehouse.clearLogs();
    await rm(folder, { recursive: true });
  }
}

async function converse(
  warehouse: LocalWarehouse,
  act: Act,
  reporter: Reporter,
  authorityFile: string,
): Promise<{ windows: Window[]; stats: ProcessorStats | undefined }> {
  const task: Task = { act: act.name, reporter, connection: warehouse.proxiedConnectionOptions() };
  const child = fork(APPLICATION, [JSON.stringify(task)], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: authorityFile },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const windows: Window[] = [];
  let stats: ProcessorStats | undefined;
  let begunAt = 0;
  let arranged: { remove(): void } | undefined;
  let before = { requests: 0, statements: 0 };
  child.on('message', (message: Message) => {
    if (message.type === 'done') {
      stats = message.stats;
      return;
    }
    if (message.type === 'begin') {
      arranged = act.events.find(({ name }) => name === message.event)?.arrange?.(warehouse);
      before = {
        requests: warehouse.requests.length,
        statements: warehouse.statements.length,
      };
      begunAt = Date.now();
    } else {
      arranged?.remove();
      windows.push({
        event: message.event,
        begunAt,
        endedAt: Date.now(),
        sessionIds: message.sessionIds,
        requests: warehouse.requests.slice(before.requests).filter(isOfTheWorkload),
        statements: warehouse.statements.slice(before.statements),
      });
    }
    child.send('go on');
  });
  const said = child.stderr === null ? '' : text(child.stderr);
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  if (exitCode !== 0) throw new Error(`${act.name}, ${reporter}: ${await said}`);
  return { windows, stats };
}

function isOfTheWorkload({ endpoint }: LoggedRequest): boolean {
  return endpoint === 'thrift' || endpoint === 'storage';
}

function observe(window: Window, logs: readonly JsonObject[]): Observation {
  return { ...window, logs: logs.filter((log) => belongsTo(log, window)) };
}

/** Time-stamps of spans and of the warehouse may be some milliseconds apart. */
const CLOCK_TOLERANCE_MS = 10;

/** By its session; a log without one belongs to an event without one, at its time. */
function belongsTo(log: JsonObject, { sessionIds, begunAt, endedAt }: Window): boolean {
  const sessionId = at(log, 'entry', 'sql_driver_log', 'session_id');
  if (typeof sessionId === 'string' && sessionId !== '') return sessionIds.includes(sessionId);
  const time = Number(at(log, 'context', 'client_context', 'timestamp_millis'));
  return (
    sessionIds.length === 0 &&
    time >= begunAt - CLOCK_TOLERANCE_MS &&
    time <= endedAt + CLOCK_TOLERANCE_MS
  );
}
