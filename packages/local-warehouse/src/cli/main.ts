#!/usr/bin/env node
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlServer } from '../control/control-server';
import { DuckDbEngine } from '../engine/duckdb/duckdb-engine';
import { LocalWarehouse } from '../local-warehouse';
import { instructions } from './instructions';
import { parseOptions, USAGE } from './options';
import type { CliOptions } from './options';

async function serve(options: CliOptions): Promise<void> {
  const engine = options.engine === 'duckdb' ? { engine: await DuckDbEngine.create() } : {};
  const warehouse = await LocalWarehouse.start({ port: options.port, ...engine });
  const control = await ControlServer.start(warehouse, { port: options.controlPort });
  const { port, httpPath, warehouseId, token } = warehouse;
  const caFile = options.caFile ?? join(tmpdir(), `local-warehouse-${port}.pem`);
  writeFileSync(caFile, warehouse.authority.certificate);
  const running = { port, httpPath, warehouseId, token, caFile, controlUrl: control.url };
  process.stdout.write(options.json ? `${JSON.stringify(running)}\n` : instructions(running));
  const stop = (): void => {
    if (options.caFile === undefined) rmSync(caFile, { force: true });
    void Promise.all([control.stop(), warehouse.stop()]).then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

const options = parseOptions(process.argv.slice(2));
if (options === 'help') process.stdout.write(USAGE);
else if ('error' in options) {
  process.stderr.write(`${options.error}\n\n${USAGE}`);
  process.exitCode = 2;
} else {
  serve(options).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}
