/** The local warehouse in a process of its own, so that a client's processor time is the client's alone. */
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { WarehouseReady } from './messages';

async function start(flagDelayMs: number): Promise<void> {
  const warehouse = await LocalWarehouse.start({ logCapacity: 10 });
  warehouse.flag.delayMs = flagDelayMs;
  const ready: WarehouseReady = {
    port: warehouse.port,
    httpPath: warehouse.httpPath,
    token: warehouse.token,
    certificate: warehouse.authority.certificate,
  };
  process.send?.(ready);
}

void start(Number(process.argv[2] ?? 0));
