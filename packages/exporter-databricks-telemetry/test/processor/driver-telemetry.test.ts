import assert from 'node:assert/strict';
import * as driver from '@databricks/sql';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { DatabricksTelemetryExporter } from '../../src/exporter/exporter';
import type { TelemetryFrontendLog } from '../../src/frontend-log/schema';
import { DatabricksTelemetrySpanProcessor } from '../../src/processor/processor';
import { assertBalanced } from '../accounting-assertions';

/** The driver has telemetry of its own: where ours replaces it, it is off, whatever the application asked for. */
describe('the telemetry of the driver and ours', () => {
  let warehouse: LocalWarehouse;
  let instrumentation: DatabricksSqlInstrumentation;
  let processor: DatabricksTelemetrySpanProcessor;

  before(async () => {
    warehouse = await LocalWarehouse.start();
  });
  after(() => warehouse.stop());
  beforeEach(() => {
    warehouse.clearLogs();
    warehouse.flag.enabled = true;
  });
  afterEach(async () => {
    await processor.shutdown();
    assertBalanced(processor.stats());
    instrumentation.disable();
  });

  function instrument(driverTelemetry: 'auto' | 'keep' | 'replace'): void {
    instrumentation = new DatabricksSqlInstrumentation({ driverTelemetry });
    instrumentation.patch(driver);
    processor = new DatabricksTelemetrySpanProcessor(
      new DatabricksTelemetryExporter({ access: instrumentation.access, allowPrivateHosts: true }),
    );
    instrumentation.setTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }));
  }

  /** Runs one statement. `constructor` is what the driver's documentation says turns its telemetry off. */
  async function use(constructor: object, connect: object): Promise<void> {
    const client = new driver.DBSQLClient({ logger: { log: () => undefined }, ...constructor });
    await client.connect({ ...warehouse.connectionOptions(), ...connect });
    const session = await client.openSession();
    const operation = await session.executeStatement('SELECT 1');
    await operation.fetchAll();
    await operation.close();
    await session.close();
    await client.close();
    await processor.forceFlush();
  }

  function statementLogs(): TelemetryFrontendLog[] {
    return warehouse.telemetry
      .flatMap(({ accepted }) => accepted as unknown as TelemetryFrontendLog[])
      .filter(({ entry }) => entry.sql_driver_log.sql_statement_id !== undefined);
  }

  for (const [name, constructor, connect] of [
    ['', {}, {}],
    [', turned on', {}, { telemetryEnabled: true }],
    [
      ' (defect 1: the driver ignores what its constructor is told)',
      { telemetryEnabled: false },
      {},
    ],
  ] as const) {
    it(`replaced: the statement is reported once, by us${name}`, async () => {
      instrument('replace');
      await use(constructor, connect);
      assert.equal(statementLogs().length, 1);
      assert.equal(processor.stats().delivered, 3);
      assert.equal(processor.stats().skipped, 0);
    });
  }

  for (const mode of ['auto', 'keep', 'replace'] as const) {
    it(`${mode}, and switched off at connect: nothing is reported, and it is counted`, async () => {
      instrument(mode);
      await use({}, { telemetryEnabled: false });
      assert.equal(statementLogs().length, 0);
      assert.deepEqual(processor.stats().dropped, { opted_out: 3 });
    });
  }
});
