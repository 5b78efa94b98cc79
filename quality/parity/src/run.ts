import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { text } from 'node:stream/consumers';
import type { ProcessorStats } from '@dbsql-otel/exporter-databricks-telemetry';
import type { JsonObject, LocalWarehouse, LoggedRequest } from '@dbsql-otel/local-warehouse';
import { at } from './log';
import type { Observation } from './observation';
import type { Message, Reporter, Task } from './protocol';
import type { Act } from './workload';

const APPLICATION = path.join(__dirname, 'application.js');

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
    const observations = observe(windows, logs);
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

/** Gives each record to its event by the ids in it: never by the time, since two events may share a millisecond. */
function observe(
  windows: readonly Window[],
  records: readonly JsonObject[],
): ActRun['observations'] {
  const withoutSession = windows.filter(({ sessionIds }) => sessionIds.length === 0);
  if (withoutSession.length > 1) {
    const names = withoutSession.map(({ event }) => event).join(', ');
    throw new Error(`One act can hold one event without a session, not ${names}`);
  }
  const owner = (record: JsonObject): Window | undefined => {
    const sessionId = at(record, 'entry', 'sql_driver_log', 'session_id');
    if (typeof sessionId === 'string' && sessionId !== '') {
      return windows.find(({ sessionIds }) => sessionIds.includes(sessionId));
    }
    const statementId = at(record, 'entry', 'sql_driver_log', 'sql_statement_id');
    if (typeof statementId === 'string' && statementId !== '') {
      return windows.find(({ statements }) => statements.some(({ id }) => id === statementId));
    }
    // The process reports nothing else that has neither id.
    return withoutSession[0];
  };
  const owners = new Map(records.map((record) => [record, owner(record)]));
  return windows.map((window) => ({
    ...window,
    logs: records.filter((record) => owners.get(record) === window),
  }));
}
