/**
 * One of the two applications that are compared, a process of its own: bare, or `traced` in the first argument. Runs the
 * programs its parent sends and answers with what they came to, call by call; ends by itself when the parent disconnects.
 */
import type * as Driver from '@databricks/sql';
import type { DatabricksSqlInstrumentationConfig } from '@dbsql-otel/instrumentation-databricks-sql';
import { context, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  InMemorySpanExporter,
} from '@opentelemetry/sdk-trace-base';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Pipeline, unaccounted } from '../pipeline';
import { perform } from './perform';
import type { Program } from './program';

export interface Task {
  readonly connection: Parameters<InstanceType<typeof Driver.DBSQLClient>['connect']>[0];
  readonly program: Program;
}

/** What one call came to: a program that never ends has said so much. */
export interface Line {
  readonly line: string;
}

export interface Report {
  readonly unhandledRejections: readonly string[];
  /** `offered − delivered − pending − Σ dropped` of processor and exporter; 0 in the bare application. */
  readonly unaccounted: readonly number[];
}

/** Options of a program that are ours to carry out, and none of the instrumentation's. */
interface ProgramConfig {
  readonly hooks?: 'none' | 'throw' | 'reject';
  readonly sampled?: boolean;
  readonly parent?: boolean;
}

const unhandledRejections: string[] = [];
process.on('unhandledRejection', (reason) => unhandledRejections.push(String(reason)));

let isSampled = true;
const sampler = {
  shouldSample: () => (isSampled ? new AlwaysOnSampler() : new AlwaysOffSampler()).shouldSample(),
  toString: () => 'as the program says',
};
const spans = new InMemorySpanExporter();
const pipeline =
  process.argv[2] === 'traced'
    ? new Pipeline({
        sampler,
        spanProcessors: [new BatchSpanProcessor(spans)],
        exporter: { requestTimeoutMs: 200, retry: { baseDelayMs: 1, maxDelayMs: 4, jitterMs: 1 } },
        processor: { scheduledDelayMs: 20 },
      })
    : undefined;
// The driver is loaded after the SDK was started, as an application does with --require or --import.
const driver = createRequire(
  join(process.env['DATABRICKS_SQL_DRIVER_FOLDER'] ?? __dirname, 'index.js'),
)('@databricks/sql') as typeof Driver;

function configure({ hooks, sampled, parent: _parent, ...config }: ProgramConfig): void {
  isSampled = sampled !== false;
  const hook: undefined | (() => unknown) = {
    none: undefined,
    throw: () => {
      throw new Error('a hook of the application failed');
    },
    reject: () => Promise.reject(new Error('a hook of the application rejected')),
  }[hooks ?? 'none'];
  pipeline?.instrumentation.setConfig({
    driverTelemetry: 'replace',
    ...config,
    ...(hook === undefined ? {} : asHooks(hook)),
  });
}

/** An application in JavaScript may give an asynchronous one. */
function asHooks(hook: () => unknown): DatabricksSqlInstrumentationConfig {
  return { requestHook: hook, responseHook: hook };
}

async function run({ connection, program }: Task): Promise<Report> {
  const config = program.config as ProgramConfig;
  configure(config);
  await inSpan(config.parent === true, () => perform(driver, connection, program, sendLine));
  spans.reset();
  return {
    unhandledRejections: unhandledRejections.splice(0),
    unaccounted: pipeline
      ? [unaccounted(pipeline.processor.stats()), unaccounted(pipeline.exporter.stats())]
      : [0, 0],
  };
}

function sendLine(line: string): void {
  const message: Line = { line };
  process.send?.(message);
}

async function inSpan<T>(isWanted: boolean, work: () => Promise<T>): Promise<T> {
  if (!isWanted) return work();
  const span = trace.getTracer('application').startSpan('request');
  try {
    return await context.with(trace.setSpan(context.active(), span), work);
  } finally {
    span.end();
  }
}

process.on('message', (task: Task) => {
  run(task).then(
    (report) => process.send?.(report),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.send?.('ready');
