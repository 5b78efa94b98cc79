import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { compare } from './comparison';
import type { Row } from './row';
import { runAct } from './run';
import type { Act } from './workload';
import { ACTS } from './workload';

/** The workload, or an act of it, run twice and compared. */
export interface Parity {
  readonly rows: readonly Row[];
  /** Logs that belong to no event. */
  readonly ourStrayLogs: number;
  readonly theirStrayLogs: number;
  /** Logs that our processor gave up. */
  readonly ourDropped: number;
}

/** Runs each act of the workload with the built-in telemetry, then with ours, against one workspace. */
export async function runParity(): Promise<Parity> {
  const acts = await Promise.all(ACTS.map(actParity));
  const sum = (count: (act: Parity) => number): number =>
    acts.reduce((total, act) => total + count(act), 0);
  return {
    rows: acts.flatMap(({ rows }) => rows),
    ourStrayLogs: sum(({ ourStrayLogs }) => ourStrayLogs),
    theirStrayLogs: sum(({ theirStrayLogs }) => theirStrayLogs),
    ourDropped: sum(({ ourDropped }) => ourDropped),
  };
}

async function actParity(act: Act): Promise<Parity> {
  const warehouse = await LocalWarehouse.start();
  try {
    const theirs = await runAct(warehouse, act, 'theirs');
    const ours = await runAct(warehouse, act, 'ours');
    return {
      rows: act.events.flatMap((event, index) => {
        const [their, our] = [theirs.observations[index], ours.observations[index]];
        if (their === undefined || our === undefined) throw new Error(`${event.name} did not run`);
        return compare(their, our, event.scripted ?? {});
      }),
      theirStrayLogs: theirs.strayLogs.length,
      ourStrayLogs: ours.strayLogs.length,
      ourDropped: Object.values(ours.stats?.dropped ?? {}).reduce((sum, count) => sum + count, 0),
    };
  } finally {
    await warehouse.stop();
  }
}
