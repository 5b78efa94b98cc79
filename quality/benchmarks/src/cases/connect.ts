/** `connect()` and the first session while the feature-flag service is half a second away. */
import { alternate } from '../harness/alternate';
import type { Effort } from '../harness/effort';
import type { Benchmark, Figure } from '../harness/benchmark';
import { sampled } from '../harness/sampled';
import { startClient, startWarehouse } from '../processes/start';

const FLAG_DELAY_MS = 500;

function inProcesses(effort: Effort): Effort {
  return effort.short
    ? { ...effort, warmUpMs: 300, sliceMs: 30, slices: 1, rounds: 9, budgetMs: 4_000 }
    : { ...effort, warmUpMs: 2_000, sliceMs: 60, slices: 2, rounds: 15, budgetMs: 20_000 };
}

export const benchmark: Benchmark = {
  name: 'connect',
  title: `connect() and the first session with the feature-flag service ${FLAG_DELAY_MS} ms away`,
  async run(effort): Promise<Figure[]> {
    const warehouse = await startWarehouse(FLAG_DELAY_MS);
    const [off, ours, builtIn] = await Promise.all([
      startClient({ work: 'connect', setup: 'bare', path: 'direct' }, warehouse),
      startClient({ work: 'connect', setup: 'ours', path: 'direct' }, warehouse),
      startClient({ work: 'connect', setup: 'built-in telemetry', path: 'proxied' }, warehouse),
    ]);
    try {
      const rounds = await alternate([off, ours], [['ours', 'bare']], inProcesses(effort), 'wall');
      const first = performance.now();
      await builtIn.run(1);
      const builtInMs = performance.now() - first;
      return [
        rounds.figure('ours', 'bare', {
          row: 15,
          label: 'ours, against telemetry off',
          target: 1,
          gate: 1.05,
          limit: 1.5,
        }),
        sampled('built-in telemetry, first connection to a host', 'ms', [builtInMs]),
      ];
    } finally {
      for (const client of [off, ours, builtIn]) {
        client.stop();
      }
      warehouse.stop();
    }
  },
};
