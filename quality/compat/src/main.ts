import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runApplication } from './application';
import { AXES, impossible } from './axes';
import type { CompatCell } from './axes';
import { bundleApplication } from './bundle';
import { checkLines, resultOf } from './check';
import type { Check, CheckResult } from './check';
import { CONCURRENCY, mapConcurrently } from './concurrent';
import { coveringSet } from './covering-set';
import { defectsOf } from './expectations';
import { matrixHeader, matrixLines } from './matrix';
import type { CellResult } from './matrix';
import { peerChecks } from './peer-check';
import { readmeChecks } from './readme/readme-check';
import { recipeChecks } from './recipe-check';
import { releaseCheck } from './release-check';
import { pack, PUBLIC_PACKAGES } from './tarball';
import type { Tarball } from './tarball';
import { tarballChecks } from './tarball-check';
import { typeChecks } from './type-check';
import { vendorChecks } from './vendor-check';
import { prepareWorkspace } from './workspace';
import type { Workspace } from './workspace';

const ROOT = resolve(__dirname, '..', '..', '..', '..');
const CACHE = join(ROOT, '.compat');

function secondsSince(started: number): number {
  return Math.round((Date.now() - started) / 1000);
}

async function runCell(workspace: Workspace, cell: CompatCell): Promise<CellResult> {
  const started = Date.now();
  const result = (verdict: CellResult['verdict'], remarks: readonly string[]): CellResult => ({
    cell,
    verdict,
    remarks,
    durationMs: Date.now() - started,
  });
  const binary = workspace.binaries.get(cell.node);
  if (binary === undefined) {
    const platform = `${process.platform}-${process.arch}`;
    return result('skip', [`there is no Node.js ${cell.node} for ${platform} to install`]);
  }
  try {
    const folder = workspace.application(cell.sdk, cell.driver);
    const defects = defectsOf(cell, await runApplication(cell, binary, folder));
    return result(defects.length === 0 ? 'pass' : 'fail', defects);
  } catch (failure) {
    return result('fail', [String(failure)]);
  }
}

async function bundleAll(workspace: Workspace, cells: readonly CompatCell[]): Promise<void> {
  const bundled = new Map(
    cells
      .filter(({ app }) => app === 'bundle')
      .map(({ sdk, driver }) => [workspace.application(sdk, driver), workspace.line(sdk)]),
  );
  await mapConcurrently([...bundled], CONCURRENCY, ([folder, line]) =>
    bundleApplication(line, folder),
  );
}

/** The matrix, cell by cell as they end. */
async function runMatrix(
  tarballs: readonly Tarball[],
  restrictions: readonly string[],
): Promise<CellResult[]> {
  const { cells, impossible: ruledOut } = coveringSet(AXES, impossible);
  const chosen = cells.filter((cell) =>
    restrictions.every((restriction) =>
      Object.entries(cell).some(([axis, value]) => `${axis}=${value}` === restriction),
    ),
  );
  const started = Date.now();
  const workspace = await prepareWorkspace(ROOT, CACHE, tarballs);
  await bundleAll(workspace, chosen);
  console.log(`\n  Node.js, drivers and SDK lines ready after ${secondsSince(started)} s`);
  console.log(`\n${matrixHeader()}`);
  const results = await mapConcurrently(chosen, CONCURRENCY, async (cell) => {
    const result = await runCell(workspace, cell);
    console.log(matrixLines(result));
    return result;
  });
  for (const { values, reason } of ruledOut) {
    console.log(`  · SDK ${values[0]} with Node.js ${values[1]} cannot exist: ${reason}`);
  }
  return results;
}

async function runChecks(
  tarballs: readonly Tarball[],
  wanted: (check: Check) => boolean,
): Promise<CheckResult[]> {
  const checks: readonly Check[] = [
    ...tarballChecks(ROOT, tarballs),
    ...peerChecks(ROOT, CACHE, tarballs),
    ...typeChecks(CACHE, join(ROOT, 'quality', 'compat', 'types'), tarballs),
    releaseCheck(ROOT, CACHE),
    ...vendorChecks(ROOT, CACHE, tarballs),
    ...readmeChecks(ROOT, CACHE, tarballs),
    ...recipeChecks(ROOT, CACHE, tarballs),
  ];
  console.log('');
  return mapConcurrently(checks.filter(wanted), CONCURRENCY, async (check) => {
    const result = await resultOf(check);
    console.log(checkLines(result));
    return result;
  });
}

/**
 * With `axis=value` on the command line only the cells that hold all of them are run, and nothing else. With any other
 * text only the checks whose title contains it.
 */
async function main(restrictions: readonly string[]): Promise<void> {
  const started = Date.now();
  const tarballFolder = join(CACHE, 'tarballs');
  mkdirSync(tarballFolder, { recursive: true });
  const tarballs = await mapConcurrently(PUBLIC_PACKAGES, CONCURRENCY, (name) =>
    pack(ROOT, name, tarballFolder),
  );
  const titles = restrictions.filter((restriction) => !restriction.includes('='));
  const cells = titles.length > 0 ? [] : await runMatrix(tarballs, restrictions);
  const checks =
    restrictions.length === titles.length
      ? await runChecks(tarballs, ({ title }) => titles.every((text) => title.includes(text)))
      : [];

  const count = (verdict: CellResult['verdict']): number =>
    cells.filter((result) => result.verdict === verdict).length;
  const failedChecks = checks.filter(({ defects }) => defects.length > 0).length;
  const failing = count('fail') + failedChecks;
  const passing = count('pass') + checks.length - failedChecks;
  console.log(`\n  ${passing} passing (${secondsSince(started)}s)`);
  if (count('skip') > 0) console.log(`  ${count('skip')} pending`);
  if (failing > 0) {
    console.log(`  ${failing} failing`);
    process.exitCode = 1;
  }
}

void main(process.argv.slice(2)).catch((failure: unknown) => {
  console.error(failure);
  console.log('\n  0 passing\n  1 failing');
  process.exitCode = 1;
});
