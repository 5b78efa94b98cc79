/** What `require` of each package adds to the start of an application, each in fresh processes in turn. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isSteady, quartiles } from '../harness/statistics';
import type { Quartiles } from '../harness/statistics';
import type { Benchmark, Figure } from '../harness/benchmark';
import { oneFile } from '../subjects/one-file';

const run = promisify(execFile);

/** Prints the processor time of the load, in nanoseconds. */
function probe(module: string): string {
  return `const before = process.cpuUsage();
require(${JSON.stringify(require.resolve(module))});
const { user, system } = process.cpuUsage(before);
console.log((user + system) * 1000);`;
}

async function loadNs(module: string): Promise<number> {
  const { stdout } = await run(process.execPath, ['-e', probe(module)]);
  return Number(stdout);
}

async function compare(
  subject: string,
  reference: string,
  rounds: number,
): Promise<{ ratio: Quartiles; arms: Record<string, number> }> {
  const subjects: number[] = [];
  const references: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Another one first each time: the second finds warmer files.
    if (round % 2 === 0) {
      subjects.push(await loadNs(subject));
      references.push(await loadNs(reference));
    } else {
      references.push(await loadNs(reference));
      subjects.push(await loadNs(subject));
    }
  }
  return {
    ratio: quartiles(subjects.map((cost, round) => cost / (references[round] ?? Number.NaN))),
    arms: { [subject]: quartiles(subjects).median, [reference]: quartiles(references).median },
  };
}

const FULL_ROUNDS = 31;
const SHORT_ROUNDS = 5;

export const benchmark: Benchmark = {
  name: 'load',
  title: 'Loading the packages',
  async run(effort): Promise<Figure[]> {
    const rounds = effort.short ? SHORT_ROUNDS : FULL_ROUNDS;
    const lines = [
      {
        subject: '@dbsql-otel/instrumentation-databricks-sql',
        reference: '@opentelemetry/instrumentation',
        target: 1.05,
        gate: 1.15,
      },
      {
        subject: '@dbsql-otel/exporter-databricks-telemetry',
        reference: '@opentelemetry/api',
        target: 1.3,
        gate: 1.5,
      },
    ];
    const figures: Figure[] = [];
    for (const { subject, reference, ...bounds } of lines) {
      const { ratio, arms } = await compare(subject, reference, rounds);
      figures.push({
        row: 17,
        label: `${subject.replace('@dbsql-otel/', '')} against ${reference}`,
        unit: '×',
        better: 'lower',
        ...ratio,
        ...bounds,
        tooNoisy: !isSteady(ratio),
        arms,
      });
      if (!effort.short) {
        const floor = await compare(await oneFile(subject), reference, rounds);
        figures.push({
          label: 'floor: the same code in one file',
          unit: '×',
          better: 'lower',
          ...floor.ratio,
          tooNoisy: !isSteady(floor.ratio),
        });
      }
    }
    return figures;
  },
};
