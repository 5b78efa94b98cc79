import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { CompatCell } from './axes';
import type { Observation, Report } from './observation';
import { OtlpReceiver } from './otlp-receiver';

/** The command line of each way to start an application, below its folder. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  commonjs: ['--require', './setup.cjs', 'commonjs.cjs'],
  esm: ['--import', './setup.mjs', 'esm.mjs'],
  'esm-hooks': ['--import', './hooks.mjs', '--import', './setup.mjs', 'esm.mjs'],
  'import-first': ['import-first.mjs'],
  bundle: ['bundled.cjs'],
};
const TIMEOUT_MS = 60_000;

/** Runs the application of a cell, in `folder`, against a warehouse and a collector of its own. */
export async function runApplication(
  cell: CompatCell,
  nodeBinary: string,
  folder: string,
): Promise<Observation> {
  const warehouse = await LocalWarehouse.start();
  const collector = await OtlpReceiver.start();
  const reportFile = join(folder, `report-${cell.node}-${cell.app}-${cell.beside}.json`);
  rmSync(reportFile, { force: true });
  try {
    const child = spawn(nodeBinary, [...(ARGUMENTS[cell.app] ?? [])], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        COMPAT_BESIDE: cell.beside,
        COMPAT_CONNECTION: JSON.stringify(warehouse.connectionOptions()),
        COMPAT_OTLP_URL: collector.url,
        COMPAT_REPORT: reportFile,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
    });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    const [exitCode, signal] = (await once(child, 'exit')) as [number | null, string | null];
    const exitedAt = Date.now();
    const [stdout, stderr] = await output;
    return {
      exitCode,
      signal,
      exitedAt,
      stdout,
      stderr,
      report: existsSync(reportFile)
        ? (JSON.parse(readFileSync(reportFile, 'utf8')) as Report)
        : undefined,
      records: warehouse.telemetry.flatMap(({ accepted }) => accepted),
      otlpSpans: collector.spans,
    };
  } finally {
    await collector.stop();
    await warehouse.stop();
  }
}
