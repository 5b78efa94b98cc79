import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import type { LocalWarehouse, OAuthConnectionOptions, ProxiedConnectionOptions } from '../../src';

const PROGRAM = path.join(__dirname, 'proxied-client.js');

/** Runs the SQL with the driver in a process that trusts the warehouse's authority; returns what it prints. */
export async function runProxied(
  warehouse: LocalWarehouse,
  options: OAuthConnectionOptions | ProxiedConnectionOptions,
  sql: string,
): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'local-warehouse-'));
  const authorityFile = path.join(directory, 'ca.pem');
  await writeFile(authorityFile, warehouse.authority.certificate);
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [PROGRAM, JSON.stringify(options), sql],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: authorityFile } },
    );
    return stdout;
  } finally {
    await rm(directory, { recursive: true });
  }
}
