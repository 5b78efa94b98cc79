import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Arm } from '../harness/alternate';
import type { ClientOrder, Done, Go, WarehouseReady } from './messages';

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

/** A client process as an arm with a clock of its own. */
export interface ClientArm extends Arm {
  stop(): void;
}

export async function startClient(
  what: Pick<ClientOrder, 'work' | 'setup' | 'path'>,
  warehouse: RunningWarehouse,
): Promise<ClientArm> {
  const order: ClientOrder = { ...what, warehouse: warehouse.ready };
  const child = fork(join(__dirname, 'client.js'), [JSON.stringify(order)], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: warehouse.certificateFile },
  });
  await message<string>(child);
  let wallMs = 0;
  return {
    name: what.setup,
    async run(units) {
      const go: Go = { units };
      child.send(go);
      ({ wallMs } = await message<Done>(child));
    },
    tookNs: () => wallMs * 1e6,
    stop: () => {
      child.kill();
    },
  };
}
