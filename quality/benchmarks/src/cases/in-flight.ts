/** What is kept of a statement that has ended and was not closed, beyond its span. */
import { DatabricksTelemetrySpanProcessor } from '@dbsql-otel/exporter-databricks-telemetry';
import { SCOPE_NAME } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Benchmark, Figure } from '../harness/benchmark';
import { newId, SESSION_ID } from '../harness/ids';
import { retainedBytes } from '../harness/memory';
import { sampled, sampledRatio } from '../harness/sampled';
import { CollectingProcessor } from '../peers/collecting';
import { DriverTelemetry } from '../peers/driver-telemetry';
import { NullExporter, providerOf, RecordOnlySampler } from '../peers/spans';
import { statementSpan, statementSpans } from '../subjects/statement-spans';

const STATEMENTS = 4_900;

async function oursPerStatement(): Promise<number> {
  const collecting = new CollectingProcessor();
  const tracer = providerOf([collecting], new RecordOnlySampler()).getTracer(SCOPE_NAME);
  statementSpans(tracer, newId(), 0);
  const whole = collecting.spans.splice(0);
  for (let statement = 0; statement < STATEMENTS; statement++) {
    statementSpan(tracer, newId());
  }
  const processor = new DatabricksTelemetrySpanProcessor(new NullExporter());
  // What is made once, with the first statement.
  for (const span of whole) {
    processor.onEnd(span);
  }
  const bytes = await retainedBytes(() => {
    for (const span of collecting.spans) {
      processor.onEnd(span);
    }
  });
  await processor.shutdown();
  return bytes / STATEMENTS;
}

async function peerPerStatement(): Promise<number> {
  const ids = Array.from({ length: STATEMENTS }, newId);
  const telemetry = new DriverTelemetry();
  const bytes = await retainedBytes(() => {
    for (const id of ids) {
      telemetry.start(id, SESSION_ID);
    }
  });
  await telemetry.close();
  return bytes / STATEMENTS;
}

export const benchmark: Benchmark = {
  name: 'in-flight',
  title: 'Bytes kept per statement in flight, beyond its span',
  async run(effort): Promise<Figure[]> {
    const rounds = effort.short ? 3 : 9;
    const ours: number[] = [];
    const peer: number[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await oursPerStatement());
      peer.push(await peerPerStatement());
    }
    return [
      {
        ...sampledRatio('the processor, against the built-in telemetry', ours, peer),
        row: 11,
        target: 0.7,
        gate: 0.9,
      },
      sampled('the processor', 'bytes', ours),
      sampled('built-in telemetry', 'bytes', peer),
    ];
  },
};
