/**
 * One client of the local warehouse: `client.js <order>`. Does its work whenever it is told to.
 * AsyncLocalStorage is in use in every setup: it makes the driver slower by itself, and an application that traces has it.
 */
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
} from '@dbsql-otel/exporter-databricks-telemetry';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { LOOPBACK_ADDRESS, WORKSPACE_HOST } from '@dbsql-otel/local-warehouse';
import type { DBSQLClient } from '@databricks/sql';
import { performance } from 'node:perf_hooks';
import { query } from '../peers/driver';
import { batching, providerOf, RecordOnlySampler } from '../peers/spans';
import { patchLeast } from '../subjects/least-driver';
import type { ClientOrder, Done, Go, Setup } from './messages';

/** Does its units and returns what is to be cleared away, outside the clock. */
type Work = (units: number) => Promise<() => Promise<unknown>>;
type Driver = typeof import('@databricks/sql');

const SQL = "SELECT id FROM main.sales.orders WHERE state = 'open' LIMIT 1";
const CONCURRENCY = 8;

/** Telemetry for every statement, traces for none: the leanest that reports everything. */
function register(setup: Setup): void {
  const manager = new AsyncLocalStorageContextManager();
  manager.enable();
  context.setGlobalContextManager(manager);
  // The storage costs nothing until it was used once.
  context.with(context.active(), () => {});
  if (setup === 'ours') {
    const instrumentation = new DatabricksSqlInstrumentation();
    const processor = new DatabricksTelemetrySpanProcessor(
      new DatabricksTelemetryExporter({ allowPrivateHosts: true }),
    );
    const provider = providerOf([processor], new AlwaysOffSampler());
    trace.setGlobalTracerProvider(provider);
    instrumentation.setTracerProvider(provider);
  }
}

async function connected(driver: Driver, { setup, path, warehouse }: ClientOrder) {
  const client = new driver.DBSQLClient({ logger: { log: () => {} } });
  await client.connect({
    path: warehouse.httpPath,
    token: warehouse.token,
    telemetryEnabled: setup === 'ours' || setup === 'built-in telemetry',
    ...(path === 'direct'
      ? { host: LOOPBACK_ADDRESS, port: warehouse.port, checkServerCertificate: false }
      : {
          host: WORKSPACE_HOST,
          proxy: { protocol: 'http', host: LOOPBACK_ADDRESS, port: warehouse.port },
        }),
  });
  return client;
}

/** A unit is one query of each of the concurrent workers. */
async function queryWork(driver: Driver, order: ClientOrder): Promise<Work> {
  const client = await connected(driver, order);
  const session = await client.openSession();
  return async (units) => {
    const worker = async (): Promise<void> => {
      for (let unit = 0; unit < units; unit++) {
        await query(session, SQL);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    return () => Promise.resolve();
  };
}

/** `connect()` does not send anything by itself: the session that is opened next is the first the server hears. */
function connectWork(driver: Driver, order: ClientOrder): Work {
  return async (units) => {
    const clients: DBSQLClient[] = [];
    for (let unit = 0; unit < units; unit++) {
      const client = await connected(driver, order);
      await client.openSession();
      clients.push(client);
    }
    return () => Promise.all(clients.map((client) => client.close()));
  };
}

async function serve(work: Work): Promise<void> {
  process.on('message', ({ units }: Go) => {
    void measured(work, units);
  });
}

async function measured(work: Work, units: number): Promise<void> {
  const startMs = performance.now();
  const clear = await work(units);
  const wallMs = performance.now() - startMs;
  await clear();
  const done: Done = { wallMs };
  process.send?.(done);
}

async function start(order: ClientOrder): Promise<void> {
  register(order.setup);
  const driver = require('@databricks/sql') as Driver;
  if (order.setup === 'least') {
    patchLeast(providerOf([batching()], new RecordOnlySampler()).getTracer('least'));
  }
  await serve(order.work === 'query' ? await queryWork(driver, order) : connectWork(driver, order));
  process.send?.('ready');
}

void start(JSON.parse(process.argv[2] ?? '') as ClientOrder);
