/** Queries on the local warehouse, each setup in a client process of its own, in turn. */
import { alternate } from '../harness/alternate';
import type { Effort } from '../harness/effort';
import type { Benchmark, Figure } from '../harness/benchmark';
import type { Path, Setup } from '../processes/messages';
import { startClient, startWarehouse } from '../processes/start';

/** A slice has to be long beside the way of a message between processes. */
function inProcesses(effort: Effort): Effort {
  return effort.short
    ? { ...effort, warmUpMs: 1_000, sliceMs: 100, slices: 1, rounds: 9, budgetMs: 6_000 }
    : { ...effort, warmUpMs: 4_000, sliceMs: 150, slices: 2, rounds: 15, budgetMs: 30_000 };
}

interface Comparison {
  readonly setup: Setup;
  readonly path: Path;
  readonly label: string;
  readonly target: number;
  readonly gate: number;
  readonly limit: number;
}

const COMPARISONS: readonly Comparison[] = [
  {
    setup: 'bare',
    path: 'direct',
    label: 'against the driver without telemetry',
    target: 0.98,
    gate: 0.95,
    limit: 0.6,
  },
  {
    setup: 'built-in telemetry',
    path: 'proxied',
    label: 'against the driver with its own telemetry, behind a proxy',
    target: 1,
    gate: 0.97,
    limit: 0.6,
  },
];

/** Throughput is the inverse of the time a query takes. */
function throughput(figure: Figure): Figure {
  return { ...figure, better: 'higher' };
}

async function compare({ setup, path, ...line }: Comparison, effort: Effort): Promise<Figure[]> {
  const warehouse = await startWarehouse();
  const setups: readonly Setup[] = effort.short ? [setup, 'ours'] : [setup, 'ours', 'least'];
  const clients = await Promise.all(
    setups.map((one) => startClient({ work: 'query', setup: one, path }, warehouse)),
  );
  try {
    const rounds = await alternate(clients, [[setup, 'ours']], inProcesses(effort), 'wall');
    const figures = [throughput(rounds.figure(setup, 'ours', { row: 14, ...line }))];
    if (!effort.short) {
      const label = `floor, ${line.label}: two recorded spans, active, one promise per call`;
      figures.push(throughput(rounds.figure(setup, 'least', { label })));
    }
    return figures;
  } finally {
    for (const client of clients) {
      client.stop();
    }
    warehouse.stop();
  }
}

export const benchmark: Benchmark = {
  name: 'end-to-end',
  title: 'Throughput of one-row queries on the local warehouse',
  async run(effort): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const comparison of effort.short ? COMPARISONS.slice(0, 1) : COMPARISONS) {
      figures.push(...(await compare(comparison, effort)));
    }
    return figures;
  },
};
