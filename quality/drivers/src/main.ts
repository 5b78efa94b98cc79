import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DRIVERS } from './drivers';
import { matrix, telemetryFields } from './matrix';
import { writeSection } from './pages';
import { isPresent } from './processes';
import { runWorkload } from './run-workload';
import type { DriverResult } from './run-workload';
import { WORKLOAD } from './workload';

/** Runs the workload with every driver whose tools are on this machine. `--write` renews the pages. */

const ROOT = resolve(__dirname, '../../../..');
const CACHE = join(ROOT, '.drivers-of-others');
const STAMP = '.installed';

async function installed(driver: (typeof DRIVERS)[number]): Promise<string> {
  const folder = join(CACHE, driver.key);
  const stamp = join(folder, STAMP);
  const hash = installationHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await driver.install(folder);
  writeFileSync(stamp, hash);
  return folder;
}

/** Of all that an installation is made from. */
function installationHash(): string {
  const go = join(ROOT, 'quality/drivers/programs/go');
  const hash = createHash('sha256').update(readFileSync(join(__dirname, 'drivers.js')));
  for (const file of readdirSync(go).sort()) hash.update(readFileSync(join(go, file)));
  return hash.digest('hex');
}

async function main(): Promise<number> {
  const results = new Map<string, DriverResult>();
  let skipped = 0;
  for (const driver of DRIVERS) {
    if (await isPresent(driver.needs)) {
      const result = await runWorkload(driver, await installed(driver));
      results.set(driver.name, result);
      report(driver.name, result);
    } else {
      console.log(`\n${driver.name}: skipped, there is no ${driver.needs}`);
      skipped += WORKLOAD.length;
    }
  }
  const steps = [...results.values()].flatMap((result) => result.steps);
  const count = (outcome: string): number =>
    steps.filter((step) => step.outcome === outcome).length;
  console.log(`\n  ${count('passed')} passing`);
  console.log(`  ${skipped} pending`);
  const failed = count('failed');
  if (failed > 0) console.log(`  ${failed} failing`);
  if (process.argv.includes('--write')) {
    await writeSection(
      join(ROOT, 'packages/local-warehouse/README.md'),
      'drivers',
      matrix(results),
    );
    await writeSection(join(ROOT, 'docs/telemetry-fields.md'), 'drivers', telemetryFields(results));
  }
  return failed === 0 ? 0 : 1;
}

function report(name: string, { steps, logs }: DriverResult): void {
  console.log(`\n${name} (${logs.length} telemetry logs)`);
  for (const { step, outcome, detail } of steps) {
    console.log(`  ${outcome}: ${step}${outcome === 'failed' ? `: ${detail}` : ''}`);
  }
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
