import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { JsonObject } from '@dbsql-otel/local-warehouse';
import { stringify } from 'yaml';
import type { Task } from './application';
import { Supervised } from './supervised';

export const TENANTS = 4;
/** The tenant as which the gateway posts. */
export const GATEWAY_TENANT = 'gateway';

const GATEWAY_PACKAGE = path.dirname(require.resolve('@dbsql-otel/telemetry-gateway/package.json'));
const APPLICATION = path.join(__dirname, 'application.js');

/** Four workspaces, a gateway and a Collector in the configuration that the gateway's package has for it. */
export class Fleet {
  private constructor(
    readonly folder: string,
    readonly warehouses: readonly LocalWarehouse[],
    readonly gateway: Supervised,
    readonly collector: Supervised,
    readonly otlpUrl: string,
  ) {}

  static async start(collectorBinary: string): Promise<Fleet> {
    const folder = await mkdtemp(path.join(tmpdir(), 'fleet-'));
    const warehouses = await Promise.all(
      Array.from({ length: TENANTS }, () => LocalWarehouse.start({ logCapacity: 100_000 })),
    );
    const [gatewayPort, otlpPort, grpcPort] = await freePorts(3);
    const gatewayUrl = `http://127.0.0.1:${gatewayPort}`;
    const config = path.join(folder, 'gateway.yaml');
    await writeFile(config, stringify(await gatewayConfig(folder, warehouses, gatewayPort ?? 0)));
    const gateway = new Supervised(
      process.execPath,
      [path.join(GATEWAY_PACKAGE, 'build/src/main.js'), '--config', config],
      {},
      `${gatewayUrl}/health`,
    );
    const collectorConfig = path.join(folder, 'collector.yaml');
    await writeFile(collectorConfig, await collectorFile(otlpPort ?? 0, grpcPort ?? 0));
    const otlpUrl = `http://127.0.0.1:${otlpPort}/v1/traces`;
    const collector = new Supervised(
      collectorBinary,
      ['--config', collectorConfig],
      {
        COLLECTOR_LISTEN: '127.0.0.1',
        COLLECTOR_STORAGE: path.join(folder, 'collector'),
        TELEMETRY_GATEWAY_ENDPOINT: gatewayUrl,
        TELEMETRY_GATEWAY_TOKEN: 'unused',
        // What is left of the traces after tail sampling goes nowhere.
        TRACES_BACKEND_ENDPOINT: 'http://127.0.0.1:9',
      },
      otlpUrl,
    );
    await Promise.all([gateway.start(), collector.start()]);
    return new Fleet(folder, warehouses, gateway, collector, otlpUrl);
  }

  /** Runs one process. @returns the records that its spans make in the process */
  async runProcess(index: number, seed: number): Promise<JsonObject[]> {
    const warehouse = this.warehouse(index);
    const task: Task = {
      seed,
      url: this.otlpUrl,
      connection: { ...warehouse.connectionOptions(), userAgentEntry: `fleet-${index}` },
    };
    const child = spawn(process.execPath, [APPLICATION, JSON.stringify(task)], {
      // The locale is not in the resource.
      env: { PATH: process.env['PATH'], LANG: 'C' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`process ${index} ended with ${code}`);
    return output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as JsonObject);
  }

  warehouse(index: number): LocalWarehouse {
    const warehouse = this.warehouses[index % TENANTS];
    if (warehouse === undefined) throw new RangeError(`there is no warehouse ${index}`);
    return warehouse;
  }

  async stop(): Promise<void> {
    await Promise.all([this.gateway.stop(), this.collector.stop()]);
    await Promise.all(this.warehouses.map((warehouse) => warehouse.stop()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function gatewayConfig(
  folder: string,
  warehouses: readonly LocalWarehouse[],
  port: number,
): Promise<object> {
  const workspaces = warehouses.map(async (warehouse, index) => {
    const [token, caFile] = ['token', 'ca'].map((name) => path.join(folder, `${name}-${index}`));
    if (token === undefined || caFile === undefined) throw new Error('no files');
    await writeFile(token, warehouse.tokens.issue(GATEWAY_TENANT));
    await writeFile(caFile, warehouse.authority.certificate);
    return { host: '127.0.0.1', port: warehouse.port, token: { file: token }, caFile };
  });
  return {
    listen: { port },
    allowPrivateHosts: true,
    journal: { directory: path.join(folder, 'journal'), sync: false },
    workspaces: await Promise.all(workspaces),
    timing: { batchDelaySeconds: 0.2, reorderSeconds: 5, stopSeconds: 5 },
  };
}

/** The one of the gateway's package, on the ports of this run. */
async function collectorFile(otlpPort: number, grpcPort: number): Promise<string> {
  const text = await readFile(path.join(GATEWAY_PACKAGE, 'deploy/collector-gateway.yaml'), 'utf8');
  const telemetry = '  telemetry: { metrics: { level: none } }\n';
  return text
    .replace(':4317', `:${grpcPort}`)
    .replace(':4318', `:${otlpPort}`)
    .replace(/^service:\n/m, `service:\n${telemetry}`);
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
