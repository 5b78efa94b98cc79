import assert from 'node:assert/strict';
import * as driver from '@databricks/sql';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
} from '@opentelemetry/sdk-trace-base';
import { after, before, describe, it } from 'mocha';
import { DatabricksTelemetrySpanProcessor } from '../../src/processor/processor';
import { assertBalanced } from '../accounting-assertions';
import { RecordingExporter } from '../test-exporter';

type Session = Awaited<ReturnType<InstanceType<typeof driver.DBSQLClient>['openSession']>>;

/** A statement that the local warehouse plays as the hint says. */
function scripted(hint: string): string {
  return `/* local-warehouse: ${hint} */ SELECT * FROM range(1000)`;
}

async function succeed(session: Session): Promise<void> {
  const operation = await session.executeStatement(scripted('cloudfetch=3'));
  await operation.fetchAll();
  await operation.close();
}

async function failWhilePolled(session: Session): Promise<void> {
  const operation = await session.executeStatement(
    scripted('polls=3 error=poll:TABLE_OR_VIEW_NOT_FOUND:42P01'),
    { runAsync: true },
  );
  await assert.rejects(operation.fetchAll());
  await operation.close();
}

async function failOnSubmit(session: Session): Promise<void> {
  const sql = scripted('error=submit:TABLE_OR_VIEW_NOT_FOUND:42P01');
  await assert.rejects(session.executeStatement(sql));
}

async function cancel(session: Session): Promise<void> {
  const operation = await session.executeStatement(scripted('polls=forever'), { runAsync: true });
  const fetch = assert.rejects(operation.fetchAll());
  await operation.cancel();
  await fetch;
  await operation.close();
}

async function listTables(session: Session): Promise<void> {
  const operation = await session.getTables({});
  await operation.fetchAll();
  await operation.close();
}

/** The spans of the real driver, whether their traces are sampled or not. */
describe('the records of the real driver', () => {
  let warehouse: LocalWarehouse;
  let instrumentation: DatabricksSqlInstrumentation;

  before(async () => {
    warehouse = await LocalWarehouse.start();
    context.disable();
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    instrumentation = new DatabricksSqlInstrumentation({ driverTelemetry: 'replace' });
    instrumentation.patch(driver);
  });

  after(async () => {
    instrumentation.disable();
    context.disable();
    await warehouse.stop();
  });

  for (const [sampled, sampler] of [
    ['sampled', new AlwaysOnSampler()],
    ['not sampled', new AlwaysOffSampler()],
  ] as const) {
    it(`one per statement, its failure included, and one per cancel: ${sampled}`, async () => {
      const exporter = new RecordingExporter();
      const processor = new DatabricksTelemetrySpanProcessor(exporter);
      instrumentation.setTracerProvider(
        new BasicTracerProvider({
          sampler: sampler,
          spanProcessors: [processor],
        }),
      );
      const client = new driver.DBSQLClient({ logger: { log: () => {} } });
      await client.connect(warehouse.connectionOptions());
      const session = await client.openSession();
      const lines: Record<string, string[]> = {};
      for (const story of [succeed, failWhilePolled, failOnSubmit, cancel, listTables]) {
        await story(session);
        await processor.forceFlush();
        lines[story.name] = exporter.records.map(
          ({ join, attributes }) =>
            `${join.failure === undefined ? join.kind : 'failed'} ${String(attributes['databricks.operation'])}`,
        );
        const statement = exporter.records.find(({ join }) => join.kind === 'operation');
        if (story === succeed) {
          const rows = exporter.records.at(-1)?.join.completion?.['databricks.result.row_count'];
          assert.equal(rows, 1_000);
        }
        assert.ok(statement?.join.connection?.['databricks.driver.version']);
        exporter.batches.length = 0;
      }
      await session.executeStatement(scripted('cloudfetch=2'));
      await session.close();
      await client.close();
      await processor.shutdown();
      const abandoned = exporter.records.map(
        ({ attributes }) => attributes['databricks.operation'],
      );

      assert.deepEqual(lines, {
        succeed: ['operation open_session', 'operation execute_statement'],
        failWhilePolled: ['failed execute_statement'],
        failOnSubmit: ['failed execute_statement'],
        cancel: ['operation cancel_statement', 'operation execute_statement'],
        listTables: ['operation get_tables'],
      });
      assert.deepEqual(abandoned, ['execute_statement', 'close_session']);
      assertBalanced(processor.stats());
    });
  }
});
