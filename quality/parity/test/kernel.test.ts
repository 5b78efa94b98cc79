import * as assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as driver from '@databricks/sql';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
} from '@dbsql-otel/exporter-databricks-telemetry';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { at } from '../src/log';

/** The native part of the driver is an optional dependency, of the platform's own name. */
function hasKernel(): boolean {
  try {
    createRequire(__filename)('@databricks/databricks-sql-kernel-linux-x64-gnu');
    return true;
  } catch {
    return false;
  }
}

const IS_HERE = hasKernel();
const ABSENCE = ` (skipped: no native kernel on ${process.platform} ${process.arch})`;
const SQL_OPERATION = ['entry', 'sql_driver_log', 'sql_operation'];

describe(`the kernel, reported by us${IS_HERE ? '' : ABSENCE}`, () => {
  before(function () {
    if (!IS_HERE) this.skip();
  });

  it('is SEA in telemetry, and what it does not say is left out', async () => {
    const warehouse = await LocalWarehouse.start();
    const databricks = new DatabricksSqlInstrumentation({ driverTelemetry: 'replace' });
    const processor = new DatabricksTelemetrySpanProcessor(
      new DatabricksTelemetryExporter({ access: databricks.access, allowPrivateHosts: true }),
    );
    const spans = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(spans), processor],
    });
    databricks.setTracerProvider(provider);
    // The driver is loaded already: its classes are found from its objects.
    databricks.patch(driver);
    try {
      const client = new driver.DBSQLClient({ logger: { log: () => undefined } });
      await client.connect(warehouse.kernelConnectionOptions());
      const session = await client.openSession();
      const operation = await session.executeStatement(
        'SELECT * FROM range(1000) /* local-warehouse: cloudfetch=4 polls=2 */',
      );
      await operation.fetchAll();
      await operation.close();
      await session.close();
      await client.close();
      const close = spans.getFinishedSpans().find(({ name }) => name === 'close');
      assert.strictEqual(close?.attributes['databricks.result.batch_count'], 4);
      await provider.shutdown();

      const logs = warehouse.telemetry.flatMap((post) => post.accepted);
      const types = logs.map((log) =>
        at(log, ...SQL_OPERATION, 'operation_detail', 'operation_type'),
      );
      assert.deepStrictEqual(types, ['CREATE_SESSION', 'EXECUTE_STATEMENT', 'DELETE_SESSION']);
      for (const log of logs) {
        const parameters = at(log, 'entry', 'sql_driver_log', 'driver_connection_params');
        assert.strictEqual(at(parameters, 'mode'), 'SEA');
      }
      const statement = logs[types.indexOf('EXECUTE_STATEMENT')];
      const [facts] = warehouse.statements;
      assert.strictEqual(at(statement, 'entry', 'sql_driver_log', 'sql_statement_id'), facts?.id);
      const sqlOperation = at(statement, ...SQL_OPERATION);
      assert.strictEqual(at(sqlOperation, 'execution_result'), 'FORMAT_UNSPECIFIED');
      assert.strictEqual(at(sqlOperation, 'chunk_details'), undefined);
      assert.strictEqual(at(sqlOperation, 'is_compressed'), undefined);
      const detail = at(sqlOperation, 'operation_detail');
      assert.strictEqual(at(detail, 'n_operation_status_calls'), undefined);
      assert.ok(
        at(sqlOperation, 'result_latency', 'result_set_ready_latency_millis') !== undefined,
      );
    } finally {
      databricks.disable();
      await warehouse.stop();
    }
  });
});
