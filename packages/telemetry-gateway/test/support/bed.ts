import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { JsonObject, TelemetryPost } from '@dbsql-otel/local-warehouse';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { LIMITS, TIMING } from '../../src/config/config';
import type { GatewayConfig, Limits, Timing } from '../../src/config/config';
import { Gateway } from '../../src/gateway';
import { Log } from '../../src/log';

/** The tenant as which the gateway posts. */
export const GATEWAY_TENANT = 'gateway';

export interface BedOptions {
  readonly warehouses?: number;
  readonly limits?: Partial<Limits>;
  readonly timing?: Partial<Timing>;
  readonly config?: (bed: Bed) => Partial<GatewayConfig>;
}

function defaults<Name extends string>(
  table: Readonly<Record<Name, readonly [number, number, number]>>,
): Record<Name, number> {
  const entries = Object.entries<readonly [number, number, number]>(table);
  return Object.fromEntries(entries.map(([name, [value]]) => [name, value])) as Record<
    Name,
    number
  >;
}

/** A gateway with a journal of its own, in front of warehouses. */
export class Bed {
  readonly lines: string[] = [];
  readonly #options: BedOptions;
  #gateway: Gateway | undefined;
  #port = 0;

  private constructor(
    readonly folder: string,
    readonly warehouses: readonly LocalWarehouse[],
    options: BedOptions,
  ) {
    this.#options = options;
  }

  static async start(options: BedOptions = {}): Promise<Bed> {
    const folder = await mkdtemp(path.join(tmpdir(), 'gateway-'));
    const warehouses = await Promise.all(
      Array.from({ length: options.warehouses ?? 1 }, () => LocalWarehouse.start()),
    );
    for (const [index, warehouse] of warehouses.entries()) {
      await writeFile(path.join(folder, `ca-${index}.pem`), warehouse.authority.certificate);
      await writeFile(
        path.join(folder, `token-${index}`),
        `${warehouse.tokens.issue(GATEWAY_TENANT)}\n`,
      );
    }
    const bed = new Bed(folder, warehouses, options);
    await bed.startGateway();
    return bed;
  }

  get gateway(): Gateway {
    if (this.#gateway === undefined) throw new Error('the gateway is stopped');
    return this.#gateway;
  }

  get warehouse(): LocalWarehouse {
    const [warehouse] = this.warehouses;
    if (warehouse === undefined) throw new Error('there is no warehouse');
    return warehouse;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get config(): GatewayConfig {
    return {
      listen: { host: '127.0.0.1', port: 0 },
      tls: undefined,
      bearerToken: undefined,
      journal: { directory: path.join(this.folder, 'journal'), sync: false },
      workspaces: this.warehouses.map(({ port }, index) => ({
        host: '127.0.0.1',
        port,
        credentials: {
          kind: 'token',
          token: { file: path.join(this.folder, `token-${index}`) },
        },
        caFile: path.join(this.folder, `ca-${index}.pem`),
      })),
      allowPrivateHosts: true,
      limits: { ...defaults(LIMITS), ...this.#options.limits },
      timing: { ...defaults(TIMING), batchDelaySeconds: 0.01, ...this.#options.timing },
      ...this.#options.config?.(this),
    };
  }

  async startGateway(): Promise<void> {
    const log = new Log((line) => this.lines.push(line));
    const { gateway, port } = await Gateway.start(this.config, log);
    this.#gateway = gateway;
    this.#port = port;
  }

  async stopGateway(): Promise<void> {
    await this.#gateway?.stop();
    this.#gateway = undefined;
  }

  async stop(): Promise<void> {
    await this.stopGateway();
    await Promise.all(this.warehouses.map((warehouse) => warehouse.stop()));
    await rm(this.folder, { recursive: true });
  }

  /** Posts to the gateway. */
  post(
    body: string | Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    return fetch(`${this.url}/v1/traces`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...headers },
    });
  }

  /** Posts as the Collector does. */
  send(spans: readonly ReadableSpan[]): Promise<Response> {
    return this.post(gzipSync(serialized(spans)), { 'Content-Encoding': 'gzip' });
  }
}

export function serialized(spans: readonly ReadableSpan[]): Uint8Array {
  return JsonTraceSerializer.serializeRequest([...spans]) ?? new Uint8Array();
}

/** Waits until a warehouse has accepted as many records. */
export async function accepted(warehouse: LocalWarehouse, count: number): Promise<JsonObject[]> {
  const logs = (): JsonObject[] =>
    warehouse.telemetry.flatMap((post: TelemetryPost) => [...post.accepted]);
  while (logs().length < count) await warehouse.nextTelemetry();
  return logs();
}
