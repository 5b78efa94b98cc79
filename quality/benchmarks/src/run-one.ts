/** Child process of `main`: runs one benchmark and sends its result to the parent. */
import { BENCHMARKS } from './benchmarks';
import { FULL, SHORT } from './harness/effort';
import type { Result } from './harness/report';

async function runOne(name: string, isShort: boolean): Promise<Result> {
  const load = BENCHMARKS[name];
  if (load === undefined) throw new RangeError(`no benchmark ${name}`);
  const { benchmark } = await load();
  const figures = await benchmark.run(isShort ? SHORT : FULL);
  return { name, title: benchmark.title, figures };
}

async function start(): Promise<void> {
  const result = await runOne(process.argv[2] ?? '', process.argv.includes('--short'));
  process.send?.(result, () => {
    // Agents, servers and timers of the things compared would hold the process.
    process.exit(0);
  });
}

void start();
