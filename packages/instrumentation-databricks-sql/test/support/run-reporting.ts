import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { DatabricksSqlInstrumentationConfig } from '../../src';
import type { ReportedRow } from './reporting-table';

const PROGRAM = join(__dirname, 'reporting-client.js');
const TABLE = join(__dirname, 'reporting-table.js');

/**
 * What `open_session` says of the telemetry of the driver, which a process that trusts the warehouse's authority opened
 * through its proxy: to a loopback host the driver reports nothing.
 */
export function runReporting(
  warehouse: LocalWarehouse,
  backend: 'thrift' | 'kernel',
  config: DatabricksSqlInstrumentationConfig,
  isClaimed = false,
): Promise<unknown> {
  const environment = isClaimed ? { CLAIM: '1' } : {};
  return run(warehouse, backend, [PROGRAM, JSON.stringify(config)], environment);
}

/** Every row of the table of who reports, in one process. */
export async function runReportingTable(
  warehouse: LocalWarehouse,
  backend: 'thrift' | 'kernel',
): Promise<readonly ReportedRow[]> {
  return (await run(warehouse, backend, [TABLE])) as readonly ReportedRow[];
}

async function run(
  warehouse: LocalWarehouse,
  backend: 'thrift' | 'kernel',
  [program = '', ...args]: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'driver-telemetry-'));
  const authorityFile = join(folder, 'authority.pem');
  await writeFile(authorityFile, warehouse.authority.certificate);
  const connection = {
    ...warehouse.proxiedConnectionOptions(),
    ...(backend === 'kernel' ? { useKernel: true, checkServerCertificate: false } : {}),
  };
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [program, JSON.stringify(connection), ...args],
      {
        env: {
          ...process.env,
          NODE_EXTRA_CA_CERTS: authorityFile,
          ...environment,
        },
      },
    );
    return JSON.parse(stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
}
