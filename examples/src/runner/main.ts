/**
 * `npm run example -- <name>`: runs one example against the local warehouse, then shows what reached the
 * OpenTelemetry backend and what reached the workspace.
 */
import { toText } from '@dbsql-otel/instrumentation-databricks-sql/console';
import { EXAMPLES } from './examples';
import type { TelemetryPost } from '@dbsql-otel/local-warehouse';
import { runExample } from './run-example';
import type { ExampleRun } from './run-example';

const MAXIMUM_COLUMNS = 100;
const SHOWN_TRACES = 5;
const SHOWN_LOGS = 8;

/** What is shown of a log. */
interface DriverLog {
  readonly operation_latency_ms?: number;
  readonly error_info?: { readonly error_name?: string };
  readonly sql_operation?: {
    readonly execution_result?: string;
    readonly operation_detail?: { readonly operation_type?: string };
  };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function usage(): string {
  const width = Math.max(...EXAMPLES.map(({ name }) => name.length));
  const list = EXAMPLES.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`);
  return ['Usage: npm run example -- <name>', '', ...list].join('\n');
}

function showTraces({ traces }: ExampleRun): void {
  console.log(`\nThe OpenTelemetry backend received ${counted(traces.length, 'trace')}.`);
  for (const trace of traces.slice(0, SHOWN_TRACES)) {
    const width = Math.min(process.stdout.columns ?? MAXIMUM_COLUMNS, MAXIMUM_COLUMNS);
    console.log(`\n${toText(trace, { width, colors: process.stdout.isTTY })}`.trimEnd());
  }
  if (traces.length > SHOWN_TRACES) console.log(`\n… and ${traces.length - SHOWN_TRACES} more.`);
}

/** What one log is about, on a line. */
function headline(log: TelemetryPost['logs'][number]): string {
  const { entry } = log as { entry?: { sql_driver_log?: DriverLog } };
  const {
    sql_operation: operation,
    operation_latency_ms: latency,
    error_info: error,
  } = entry?.sql_driver_log ?? {};
  const parts = [
    operation?.operation_detail?.operation_type,
    error?.error_name,
    operation?.execution_result,
    latency === undefined ? undefined : `${latency} ms`,
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}

function showTelemetry({ telemetry }: ExampleRun): void {
  const logs = telemetry.flatMap((post) => post.logs);
  console.log(`\nThe workspace received ${counted(logs.length, 'telemetry log')}.`);
  for (const { path, accepted } of telemetry) {
    console.log(`\nPOST ${path}`);
    for (const log of accepted.slice(0, SHOWN_LOGS)) console.log(`  ${headline(log)}`);
    if (accepted.length > SHOWN_LOGS) console.log(`  … and ${accepted.length - SHOWN_LOGS} more`);
  }
  const last = logs.at(-1);
  if (last !== undefined) console.log(`\nThe last of them:\n${JSON.stringify(last, undefined, 2)}`);
}

/** Tags that statements carried to the warehouse. */
function showQueryTags({ requests }: ExampleRun): void {
  for (const { name, args } of requests) {
    const tags = /"query_tags":"([^"]*)"/.exec(JSON.stringify(args) ?? '')?.[1];
    if (tags !== undefined) console.log(`\n${name} carried the query tags ${tags}`);
  }
}

async function main(): Promise<void> {
  const [name] = process.argv.slice(2);
  if (name === undefined) {
    console.log(usage());
    return;
  }
  const example = EXAMPLES.find((candidate) => candidate.name === name);
  if (example === undefined) {
    console.error(`There is no example ${name}.\n\n${usage()}`);
    process.exitCode = 2;
    return;
  }
  console.log(`examples/src/${example.name}$ node ${example.command.join(' ')}`);
  const run = await runExample(example, { onOutput: (text) => process.stdout.write(text) });
  if (run.answer !== undefined) {
    console.log(`GET ${example.request}: ${run.answer.trimEnd().split('\n').length} lines`);
  }
  showTraces(run);
  if (run.metricNames.size > 0) {
    console.log(`\nMetrics: ${[...run.metricNames].toSorted().join(', ')}`);
  }
  showQueryTags(run);
  showTelemetry(run);
  process.exitCode = run.exitCode ?? 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
