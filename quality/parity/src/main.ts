/** `npm run parity`: runs the workload both ways, prints where they differ, and writes the page and the rows. */
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as prettier from 'prettier';
import { differences, json, markdownPage } from './page';
import { runParity } from './parity';

const ROOT = path.resolve(__dirname, '../../../..');
const PAGE = path.join(ROOT, 'docs/parity.md');
const ROWS = path.join(ROOT, 'quality/parity/parity.json');

async function main(): Promise<void> {
  const parity = await runParity();
  const { rows, ourStrayLogs, ourDropped } = parity;
  const style = await prettier.resolveConfig(PAGE);
  await writeFile(PAGE, await prettier.format(markdownPage(parity), { ...style, filepath: PAGE }));
  await writeFile(ROWS, json(rows));
  const untrue = rows.filter(({ oursIsTrue }) => !oursIsTrue).length;
  console.log(`event | log | field | theirs | ours | truth | why\n${differences(rows)}\n`);
  console.log(
    `${rows.length} fields. Not true: ${rows.filter(({ theirsIsTrue }) => !theirsIsTrue).length} of theirs, ${untrue} of ours. ` +
      'Written: docs/parity.md, quality/parity/parity.json',
  );
  if (untrue + ourStrayLogs + ourDropped > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
