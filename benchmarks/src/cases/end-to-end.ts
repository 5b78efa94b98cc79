/** Queries on the local warehouse, each setup in a client process of its own, in turn. */
import { alternate, type Effort } from '../harness/alternate';
import type { Benchmark, Figure } from '../harness/benchmark';
import { startClient, startWarehouse } from '../processes/start';

/** A slice has to be long beside the way of a message between processes. */
function inProcesses(effort: Effort): Effort {
  return effort.short
    ? { ...effort, warmUpMs: 700, sliceMs: 80, slices: 1, rounds: 9, budgetMs: 8_000 }
    : { ...effort, warmUpMs: 3_000, sliceMs: 150, slices: 2, rounds: 25, budgetMs: 90_000 };
}

export const benchmark: Benchmark = {
  name: 'end-to-end',
  title: 'Throughput of one-row queries on the local warehouse',
  async run(effort): Promise<Figure[]> {
    const warehouse = await startWarehouse();
    const clients = await Promise.all(
      (['bare', 'built-in telemetry', 'ours'] as const).map((setup) =>
        startClient('query', setup, warehouse),
      ),
    );
    try {
      const rounds = await alternate(
        clients,
        [
          ['bare', 'ours'],
          ['built-in telemetry', 'ours'],
        ],
        inProcesses(effort),
        'wall',
      );
      // Throughput is the inverse of the time a query takes.
      return [
        {
          ...rounds.figure('bare', 'ours', {
            row: 14,
            label: 'against the driver without telemetry',
            target: 0.98,
            gate: 0.95,
          }),
          better: 'higher',
        },
        {
          ...rounds.figure('built-in telemetry', 'ours', {
            row: 14,
            label: 'against the driver with its own telemetry',
            target: 1,
            gate: 0.97,
          }),
          better: 'higher',
        },
      ];
    } finally {
      for (const client of clients) {
        client.stop();
      }
      warehouse.stop();
    }
  },
};
