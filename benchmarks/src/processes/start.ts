import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Arm } from '../harness/alternate';
import type { Done, Go, Setup, WarehouseReady } from './messages';

export interface RunningWarehouse {
  readonly ready: WarehouseReady;
  /** File with the certificate of its authority. */
  readonly certificateFile: string;
  stop(): void;
}

async function message<T>(child: ChildProcess): Promise<T> {
  const [content] = (await once(child, 'message')) as [T];
  return content;
}

export async function startWarehouse(flagDelayMs = 0): Promise<RunningWarehouse> {
  const child = fork(join(__dirname, 'warehouse.js'), [String(flagDelayMs)]);
  const ready = await message<WarehouseReady>(child);
  const certificateFile = join(await mkdtemp(join(tmpdir(), 'dbsql-otel-bench-')), 'ca.pem');
  await writeFile(certificateFile, ready.certificate);
  return {
    ready,
    certificateFile,
    stop: () => {
      child.kill();
    },
  };
}

/** A client process as an arm: `alternate` with the `wall` clock measures its turnaround. */
export interface ClientArm extends Arm {
  /** What the last block took of the processor. */
  readonly cpuMs: () => number;
  stop(): void;
}

export async function startClient(
  work: 'query' | 'connect',
  setup: Setup,
  warehouse: RunningWarehouse,
): Promise<ClientArm> {
  const child = fork(join(__dirname, 'client.js'), [work, setup, JSON.stringify(warehouse.ready)], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: warehouse.certificateFile },
  });
  await message<string>(child);
  let cpuMs = 0;
  return {
    name: setup,
    async run(units) {
      const go: Go = { units };
      child.send(go);
      ({ cpuMs } = await message<Done>(child));
    },
    cpuMs: () => cpuMs,
    stop: () => {
      child.kill();
    },
  };
}
