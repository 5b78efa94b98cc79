import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DRIVER_MAIN } from './driver';

const PACKAGE_ROOT = join(__dirname, '..', '..', '..');
const REPOSITORY_ROOT = join(PACKAGE_ROOT, '..', '..');
/** The folder in whose `node_modules` the driver under test is. */
const DRIVER_FOLDER = join(dirname(DRIVER_MAIN), '..', '..', '..', '..');

/** What a program found out, as JSON on its last line. */
export interface ProgramReport {
  readonly operations: readonly string[];
  readonly rows: number;
  readonly chunks: number | undefined;
  readonly warnings: readonly string[];
}

/** Lines every program shares: an SDK that keeps its spans, and a logger that keeps its warnings. */
export const SDK_LINES = `
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const { context, diag, DiagLogLevel, trace } = require('@opentelemetry/api');
const { DatabricksSqlInstrumentation } = require('@dbsql-otel/instrumentation-databricks-sql');
const warnings = [];
const warn = (...parts) => warnings.push(parts.join(' '));
diag.setLogger({ error: warn, warn, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);
const exporter = new InMemorySpanExporter();
const databricks = new DatabricksSqlInstrumentation();
const sdk = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(sdk);
registerInstrumentations({ instrumentations: [databricks] });
globalThis.telemetry = { databricks, exporter, warnings, sdk };
`;

/** Runs a query of two files and reports the spans that came of it. Needs `DBSQLClient` in scope. */
export const QUERY_LINES = `
const client = new DBSQLClient({ logger: { log() {} } });
await client.connect(JSON.parse(process.env.WAREHOUSE));
const session = await client.openSession();
const operation = await session.executeStatement(
  'SELECT * FROM range(20) /* local-warehouse: cloudfetch=2 polls=1 */',
  { useCloudFetch: true },
);
const rows = await operation.fetchAll();
await operation.close();
await session.close();
await client.close();
const { exporter, warnings, sdk } = globalThis.telemetry;
const spans = exporter.getFinishedSpans();
const close = spans.find(({ attributes }) => attributes['databricks.operation'] === 'close_statement');
console.log(JSON.stringify({
  operations: spans.map(({ attributes }) => attributes['databricks.operation']),
  rows: rows.length,
  chunks: close?.attributes['databricks.result.chunk_count'],
  warnings,
}));
await sdk.shutdown();
`;

/** Runs Node.js in a folder with these files, where our packages and the driver under test can be found. */
export async function runProgram(
  files: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<ProgramReport> {
  const warehouse = await LocalWarehouse.start();
  const folder = await mkdtemp(join(tmpdir(), 'program-'));
  try {
    // The driver's own folder comes first, the repository's behind it.
    await symlink(join(DRIVER_FOLDER, 'node_modules'), join(folder, 'node_modules'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: folder,
      env: {
        ...process.env,
        NODE_PATH: join(REPOSITORY_ROOT, 'node_modules'),
        WAREHOUSE: JSON.stringify({ ...warehouse.connectionOptions(), telemetryEnabled: false }),
      },
    });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as ProgramReport;
  } finally {
    await rm(folder, { recursive: true });
    await warehouse.stop();
  }
}
