import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as driver from '@databricks/sql';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { after, before, describe, it } from 'mocha';
import { DatabricksTelemetryExporter } from '../../src/exporter/exporter';
import type { TelemetryFrontendLog } from '../../src/frontend-log/schema';
import { DatabricksTelemetrySpanProcessor } from '../../src/processor/processor';

/** What the workspace is told of each kind of statement that the real driver runs. */
describe('the kind of a statement, end to end', () => {
  let warehouse: LocalWarehouse;
  let instrumentation: DatabricksSqlInstrumentation;
  let processor: DatabricksTelemetrySpanProcessor;
  let client: InstanceType<typeof driver.DBSQLClient>;
  let session: Awaited<ReturnType<InstanceType<typeof driver.DBSQLClient>['openSession']>>;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kinds-'));
    await writeFile(join(folder, 'a.csv'), 'a,b\n1,2\n');
    warehouse = await LocalWarehouse.start();
    instrumentation = new DatabricksSqlInstrumentation({ driverTelemetry: 'replace' });
    instrumentation.patch(driver);
    processor = new DatabricksTelemetrySpanProcessor(
      new DatabricksTelemetryExporter({ access: instrumentation.access, allowPrivateHosts: true }),
    );
    instrumentation.setTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }));
    client = new driver.DBSQLClient({ logger: { log: () => undefined } });
    await client.connect(warehouse.connectionOptions());
    session = await client.openSession();
  });

  after(async () => {
    await session.close();
    await client.close();
    await processor.shutdown();
    instrumentation.disable();
    await warehouse.stop();
    await rm(folder, { recursive: true });
  });

  /** The logs of one statement. */
  async function logsOf(sql: string): Promise<TelemetryFrontendLog['entry']['sql_driver_log'][]> {
    await processor.forceFlush();
    warehouse.clearLogs();
    const operation = await session.executeStatement(sql, { stagingAllowedLocalPath: [folder] });
    await operation.close();
    await processor.forceFlush();
    return warehouse.telemetry
      .flatMap(({ accepted }) => accepted as unknown as TelemetryFrontendLog[])
      .map(({ entry }) => entry.sql_driver_log);
  }

  for (const [sql, type] of [
    ['SELECT 1', 'QUERY'],
    ['WITH x AS (SELECT 1) SELECT * FROM range(3)', 'QUERY'],
    ['SHOW CATALOGS', 'QUERY'],
    ['CREATE TABLE kinds (a INT)', 'SQL'],
    ['INSERT INTO kinds VALUES (1)', 'UPDATE'],
    ['UPDATE kinds SET a = 2', 'UPDATE'],
    ['DELETE FROM kinds', 'UPDATE'],
    ['DROP TABLE kinds', 'SQL'],
  ]) {
    it(`${sql} is ${type}`, async () => {
      const [log, ...others] = await logsOf(sql ?? '');
      assert.equal(log?.sql_operation?.statement_type, type);
      assert.equal(log?.sql_operation?.operation_detail?.operation_type, 'EXECUTE_STATEMENT');
      assert.equal(log?.vol_operation, undefined);
      assert.deepEqual(others, []);
    });
  }

  for (const [verb, sql] of [
    ['PUT', (local: string, remote: string) => `PUT '${local}' INTO '${remote}' OVERWRITE`],
    ['GET', (local: string, remote: string) => `GET '${remote}' TO '${local}.copy'`],
    ['DELETE', (_local: string, remote: string) => `REMOVE '${remote}'`],
  ] as const) {
    it(`a staging ${verb} is VOLUME, without its paths`, async () => {
      const logs = await logsOf(sql(join(folder, 'a.csv'), '/Volumes/main/default/files/a.csv'));
      const [log, ...others] = logs;
      assert.equal(log?.sql_operation?.statement_type, 'VOLUME');
      assert.deepEqual(log?.vol_operation, { volume_operation_type: verb });
      assert.deepEqual(others, []);
      assert.doesNotMatch(JSON.stringify(logs), /Volumes|a\.csv/);
    });
  }
});
