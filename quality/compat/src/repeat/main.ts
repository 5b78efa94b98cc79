/** `npm run test:repeat -- N`: the suite N times under varied conditions; see {@link USAGE}. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { NODE_RELEASES } from '../axes';
import { nodeBinary } from '../node-binary';
import { readOptions } from './options';
import { redRates, redText, table } from './report';
import { runOnce } from './run';
import type { CompletedRun, Suite } from './run';

const ROOT = resolve(__dirname, '../../../../..');
const CACHE = join(ROOT, '.compat');

async function main(): Promise<void> {
  const { runs, script, limitMs, json } = readOptions(process.argv.slice(2));
  const suite: Suite = {
    root: ROOT,
    script,
    limitMs,
    nodeBinary: (release) => nodeBinary(CACHE, NODE_RELEASES[release] ?? release),
  };
  const completed: CompletedRun[] = [];
  for (const planned of runs) {
    const run = await runOnce(suite, planned);
    completed.push(run);
    const log = run.log === undefined ? '' : `  ${run.log}`;
    console.log(
      `run ${run.number} of ${runs.length}, ${run.condition}, Node.js ${run.node}: ${run.verdict} in ${run.seconds} s${log}`,
    );
    for (const title of run.red) console.log(`  ${title}`);
    if (json !== undefined) {
      const results = { runs: completed, red: redRates(completed) };
      writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
    }
  }
  console.log(`\n${table(completed)}\n\n${redText(completed)}`);
  process.exitCode = completed.every(({ verdict }) => verdict === 'green') ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
