/**
 * `npm run demo`: the real driver on a warehouse in this process, traced and reported. `-- --engine duckdb --sql "…"`
 * runs statements of your own over the sample tables in place of the story; `--html FILE` writes the traces as a page.
 * Prints a waterfall of every trace and one line of counters; `--json` prints the telemetry records as well.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
} from '@dbsql-otel/exporter-databricks-telemetry';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { ConsoleWaterfallExporter } from '@dbsql-otel/instrumentation-databricks-sql/console';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { htmlPage } from './html-page';
import { demoOptions } from './options';
import type { DemoOptions } from './options';
import type * as story from './story';
import { textTable } from './text-table';

const MAXIMUM_COLUMNS = 100;

function heading(text: string): void {
  console.log(`${text}\n${'─'.repeat(Array.from(text).length)}`);
}

/** The accounts of the telemetry on one line. */
function counters({
  offered,
  delivered,
  pending,
  dropped,
}: ReturnType<DatabricksTelemetrySpanProcessor['stats']>): string {
  const reasons = Object.entries(dropped).map(([reason, count]) => `${count} ${reason}`);
  const lost = reasons.length === 0 ? '0 dropped' : `dropped: ${reasons.join(', ')}`;
  return `Telemetry: ${offered} records offered, ${delivered} delivered, ${pending} pending, ${lost}`;
}

async function main(): Promise<void> {
  let options: DemoOptions;
  try {
    options = await demoOptions(process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
    return;
  }
  const { engine, statements, html, json } = options;
  const warehouse = await LocalWarehouse.start(engine === undefined ? {} : { engine });
  const databricks = new DatabricksSqlInstrumentation();
  const processor = new DatabricksTelemetrySpanProcessor(
    new DatabricksTelemetryExporter({ allowPrivateHosts: true }),
  );
  const finished = new InMemorySpanExporter();
  const sdk = new NodeSDK({
    instrumentations: [databricks],
    // NodeSDK exports metrics and logs to an OTLP endpoint of its own choice otherwise, and waits for it at shutdown.
    metricReaders: [],
    logRecordProcessors: [],
    spanProcessors: [
      new SimpleSpanProcessor(
        new ConsoleWaterfallExporter({
          width: Math.min(process.stdout.columns ?? MAXIMUM_COLUMNS, MAXIMUM_COLUMNS),
        }),
      ),
      new SimpleSpanProcessor(finished),
      processor,
    ],
  });
  sdk.start();

  heading('The traces');
  // The driver is loaded after the SDK was started, as an application does with --require or --import.
  const { runStatements, runStory } = createRequire(__filename)('./story') as typeof story;
  const connection = warehouse.connectionOptions();
  const steps =
    statements.length === 0
      ? await runStory(connection)
      : await runStatements(connection, statements);
  if (html !== undefined) writeFileSync(html, htmlPage(finished.getFinishedSpans()));
  await sdk.shutdown();

  heading('What the application saw');
  for (const { title, outcome } of steps) {
    const seen =
      'failure' in outcome
        ? outcome.failure.message
        : Array.isArray(outcome.value)
          ? `${outcome.value.length.toLocaleString('en-US')} row(s)`
          : 'done';
    console.log(`${title}: ${seen}`.slice(0, MAXIMUM_COLUMNS));
    if (statements.length > 0 && 'value' in outcome) {
      for (const line of textTable(outcome.value as object[], MAXIMUM_COLUMNS)) console.log(line);
      console.log();
    }
  }
  console.log();

  if (json) {
    heading('The telemetry the workspace received');
    for (const post of warehouse.telemetry) {
      console.log(`POST ${post.path}`);
      for (const log of post.logs) console.log(JSON.stringify(log, undefined, 2));
    }
    console.log();
  }
  console.log(counters(processor.stats()));
  await warehouse.stop();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
