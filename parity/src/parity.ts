import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { compare } from './comparison';
import type { Row } from './comparison';
import { runAct } from './run';
import { ACTS } from './workload';

/** The whole workload, run twice and compared. */
export interface Parity {
  readonly rows: readonly Row[];
  /** Logs of ours that belong to no event. */
  readonly ourStrayLogs: number;
  readonly theirStrayLogs: number;
  /** Logs that our processor gave up. */
  readonly ourDropped: number;
}

/** Runs the workload with the built-in telemetry, then with ours, against one workspace. */
export async function runParity(): Promise<Parity> {
  const warehouse = await LocalWarehouse.start();
  try {
    const rows: Row[] = [];
    let ourStrayLogs = 0;
    let theirStrayLogs = 0;
    let ourDropped = 0;
    for (const act of ACTS) {
      const theirs = await runAct(warehouse, act, 'theirs');
      const ours = await runAct(warehouse, act, 'ours');
      theirStrayLogs += theirs.strayLogs.length;
      ourStrayLogs += ours.strayLogs.length;
      for (const count of Object.values(ours.stats?.dropped ?? {})) ourDropped += count;
      for (const [index, event] of act.events.entries()) {
        const [their, our] = [theirs.observations[index], ours.observations[index]];
        if (their === undefined || our === undefined) throw new Error(`${event.name} did not run`);
        rows.push(...compare(their, our, event.scripted ?? {}));
      }
    }
    return { rows, ourStrayLogs, theirStrayLogs, ourDropped };
  } finally {
    await warehouse.stop();
  }
}
