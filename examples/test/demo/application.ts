/**
 * The story as an application of its own, run in a child process by the tests. Reads its task from the first argument
 * and writes one line of JSON: what it saw, and with `instrumented` also what was recorded of it.
 */
import { performance } from 'node:perf_hooks';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
} from '@dbsql-otel/exporter-databricks-telemetry';
import type { ExporterStats, ProcessorStats } from '@dbsql-otel/exporter-databricks-telemetry';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { SpanStatusCode } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type * as Story from '../../src/demo/story';

/** What the child is to do. */
export interface Task {
  readonly connection: Parameters<typeof Story.runStory>[0];
  readonly instrumented: boolean;
  /** Milliseconds; the processor's default when absent. */
  readonly shutdownTimeoutMs?: number | undefined;
}

/** A span as the tests read it. */
export interface SeenSpan {
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly traceId: string;
  readonly failed: boolean;
  readonly attributes: Attributes;
}

/** What the child reports. */
export interface Report {
  readonly steps: readonly Story.StoryStep[];
  /** When the story itself could not begin. */
  readonly failure: string | undefined;
  readonly spans: readonly SeenSpan[];
  readonly shutdownMs: number;
  readonly processor: ProcessorStats | undefined;
  readonly exporter: ExporterStats | undefined;
}

type Recorded = Pick<Report, 'spans' | 'shutdownMs' | 'processor' | 'exporter'>;

function record(shutdownTimeoutMs: number | undefined): () => Promise<Recorded> {
  const databricks = new DatabricksSqlInstrumentation();
  const exporter = new DatabricksTelemetryExporter({
    allowPrivateHosts: true,
  });
  const processor = new DatabricksTelemetrySpanProcessor(
    exporter,
    shutdownTimeoutMs === undefined ? {} : { shutdownTimeoutMs },
  );
  const memory = new InMemorySpanExporter();
  const simple = new SimpleSpanProcessor(memory);
  const sdk = new NodeSDK({
    instrumentations: [databricks],
    // NodeSDK exports metrics and logs to an OTLP endpoint of its own choice otherwise, and waits for it at shutdown.
    metricReaders: [],
    logRecordProcessors: [],
    spanProcessors: [simple, processor],
  });
  sdk.start();
  return async () => {
    // Spans wait for the resource's detectors; and the exporter forgets them when it is shut down.
    await simple.forceFlush();
    const spans = memory.getFinishedSpans().map((span) => ({
      name: span.name,
      spanId: span.spanContext().spanId,
      parentSpanId: span.parentSpanContext?.spanId,
      traceId: span.spanContext().traceId,
      failed: span.status.code === SpanStatusCode.ERROR,
      attributes: span.attributes,
    }));
    const before = performance.now();
    await sdk.shutdown();
    const shutdownMs = performance.now() - before;
    return { spans, shutdownMs, processor: processor.stats(), exporter: exporter.stats() };
  };
}

const NOTHING_RECORDED: Recorded = {
  spans: [],
  shutdownMs: 0,
  processor: undefined,
  exporter: undefined,
};

async function main({ connection, instrumented, shutdownTimeoutMs }: Task): Promise<void> {
  const finish = instrumented ? record(shutdownTimeoutMs) : () => Promise.resolve(NOTHING_RECORDED);
  const { runStory } = require('../../src/demo/story') as typeof Story;
  let steps: Story.StoryStep[] = [];
  let failure: string | undefined;
  try {
    steps = await runStory(connection);
  } catch (error) {
    failure = String(error);
  }
  const report: Report = { steps, failure, ...(await finish()) };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

main(JSON.parse(process.argv[2] ?? '') as Task).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
