import assert from 'node:assert/strict';
import * as driver from '@databricks/sql';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { DatabricksTelemetryExporter } from '../../src/exporter/exporter';
import { DatabricksTelemetrySpanProcessor } from '../../src/processor/processor';
import { assertBalanced } from '../accounting-assertions';

/** `SAMPLED_STATEMENTS=10000` for the long form, which takes about a minute. */
const STATEMENTS = Number(process.env['SAMPLED_STATEMENTS'] ?? 1_000);
const SESSIONS = 10;

interface Log {
  readonly entry: {
    readonly sql_driver_log: {
      readonly sql_statement_id?: string;
      readonly error_info?: object;
      readonly sql_operation?: { readonly operation_detail?: { readonly operation_type?: string } };
    };
  };
}

/** The real driver on the local warehouse, its traces sampled at 1 %. */
describe('telemetry of sampled traces, end to end', function () {
  this.timeout(180_000);
  let warehouse: LocalWarehouse;
  let instrumentation: DatabricksSqlInstrumentation;

  beforeEach(async () => {
    warehouse = await LocalWarehouse.start();
    context.disable();
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    instrumentation = new DatabricksSqlInstrumentation();
    instrumentation.patch(driver);
  });

  afterEach(async () => {
    instrumentation.disable();
    context.disable();
    trace.disable();
    metrics.disable();
    await warehouse.stop();
  });

  it(`1 % of ${STATEMENTS} statements are traced, all of them are reported, once`, async () => {
    const traces = new InMemorySpanExporter();
    const exporter = new DatabricksTelemetryExporter({
      allowPrivateHosts: true,
    });
    const processor = new DatabricksTelemetrySpanProcessor(exporter);
    const provider = new BasicTracerProvider({
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.01) }),
      spanProcessors: [new BatchSpanProcessor(traces, { maxQueueSize: 100_000 }), processor],
    });
    instrumentation.setTracerProvider(provider);

    const client = new driver.DBSQLClient({ logger: { log: () => {} } });
    await client.connect(warehouse.connectionOptions());
    await Promise.all(
      Array.from({ length: SESSIONS }, async () => {
        const session = await client.openSession();
        for (let index = 0; index < STATEMENTS / SESSIONS; index += 1) {
          const operation = await session.executeStatement('SELECT 1');
          await operation.fetchAll();
          await operation.close();
        }
        await session.close();
      }),
    );
    await client.close();
    await provider.forceFlush();
    const traced = traces
      .getFinishedSpans()
      .filter(
        ({ attributes }) => attributes['databricks.operation'] === 'execute_statement',
      ).length;
    await provider.shutdown();

    const stats = processor.stats();
    assertBalanced(stats);
    assert.deepEqual([stats.pending, stats.dropped, stats.statements], [0, {}, 0]);
    const logs = warehouse.telemetry.flatMap(({ accepted }) => accepted as unknown as Log[]);
    const ofType = (type: string): string[] =>
      logs
        .map(({ entry }) => entry.sql_driver_log)
        .filter(({ sql_operation }) => sql_operation?.operation_detail?.operation_type === type)
        .map(({ sql_statement_id }) => sql_statement_id ?? '');
    assert.equal(ofType('EXECUTE_STATEMENT').length, STATEMENTS);
    assert.equal(new Set(ofType('EXECUTE_STATEMENT')).size, STATEMENTS);
    assert.equal(ofType('CREATE_SESSION').length, SESSIONS);
    assert.equal(ofType('DELETE_SESSION').length, SESSIONS);
    assert.ok(traced > 0 && traced < STATEMENTS * 0.03, `${traced} traces`);
  });
});
