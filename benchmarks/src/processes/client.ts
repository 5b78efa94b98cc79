/**
 * One client of the local warehouse: `client.js <work> <setup> <warehouse>`. Does its work whenever it is told to.
 * AsyncLocalStorage is in use in every setup: it makes the driver slower by itself, and an application that traces has it.
 */
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
  databricksSampler,
} from '@dbsql-otel/exporter-databricks-telemetry';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { WORKSPACE_HOST } from '@dbsql-otel/local-warehouse';
import { LOOPBACK_ADDRESS } from '@dbsql-otel/local-warehouse';
import { performance } from 'node:perf_hooks';
import { query } from '../peers/driver';
import { providerOf } from '../peers/spans';
import type { Done, Go, Setup, WarehouseReady } from './messages';

type Work = (units: number) => Promise<void>;
type Driver = typeof import('@databricks/sql');

const SQL = "SELECT id FROM main.sales.orders WHERE state = 'open' LIMIT 1";
const CONCURRENCY = 8;

/** Telemetry for every statement, traces for none: the leanest that reports everything. */
function register(setup: Setup): void {
  const manager = new AsyncLocalStorageContextManager();
  manager.enable();
  context.setGlobalContextManager(manager);
  if (setup === 'ours') {
    const instrumentation = new DatabricksSqlInstrumentation({ driverTelemetry: 'replace' });
    const processor = new DatabricksTelemetrySpanProcessor(
      new DatabricksTelemetryExporter({ access: instrumentation.access }),
    );
    const provider = providerOf([processor], databricksSampler(new AlwaysOffSampler()));
    trace.setGlobalTracerProvider(provider);
    instrumentation.setTracerProvider(provider);
  }
}

async function connected(driver: Driver, setup: Setup, warehouse: WarehouseReady) {
  const client = new driver.DBSQLClient({ logger: { log: () => {} } });
  await client.connect({
    host: WORKSPACE_HOST,
    path: warehouse.httpPath,
    token: warehouse.token,
    proxy: { protocol: 'http', host: LOOPBACK_ADDRESS, port: warehouse.port },
    ...(setup === 'bare' ? { telemetryEnabled: false } : {}),
  });
  return client;
}

async function queryWork(driver: Driver, setup: Setup, warehouse: WarehouseReady): Promise<Work> {
  const client = await connected(driver, setup, warehouse);
  const session = await client.openSession();
  return async (units) => {
    let left = units;
    const worker = async (): Promise<void> => {
      for (; left > 0; left--) {
        await query(session, SQL);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  };
}

function connectWork(driver: Driver, setup: Setup, warehouse: WarehouseReady): Work {
  return async (units) => {
    for (let unit = 0; unit < units; unit++) {
      await connected(driver, setup, warehouse);
    }
  };
}

async function serve(work: Work): Promise<void> {
  process.on('message', ({ units }: Go) => {
    void measured(work, units);
  });
}

async function measured(work: Work, units: number): Promise<void> {
  const before = process.cpuUsage();
  const startMs = performance.now();
  await work(units);
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(before);
  const done: Done = { wallMs, cpuMs: (user + system) / 1e3 };
  process.send?.(done);
}

async function start(kind: string, setup: Setup, warehouse: WarehouseReady): Promise<void> {
  register(setup);
  const driver = require('@databricks/sql') as Driver;
  const work =
    kind === 'query'
      ? await queryWork(driver, setup, warehouse)
      : connectWork(driver, setup, warehouse);
  await serve(work);
  process.send?.('ready');
}

const [, , kind = '', setup = '', warehouse = '{}'] = process.argv;
void start(kind, setup as Setup, JSON.parse(warehouse) as WarehouseReady);
