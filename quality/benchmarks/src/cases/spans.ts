/** The same spans behind our processor and behind the SDK's batch processor. */
import { DatabricksTelemetrySpanProcessor } from '@dbsql-otel/exporter-databricks-telemetry';
import { SCOPE_NAME } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { alternate } from '../harness/alternate';
import type { Arm } from '../harness/alternate';
import type { Benchmark, Figure } from '../harness/benchmark';
import { statementId } from '../harness/ids';
import { inTurns } from '../harness/turn';
import { batching, NullExporter, providerOf } from '../peers/spans';
import { leastJoin } from '../subjects/least-join';
import { statementSpans } from '../subjects/statement-spans';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';

const OURS = 'our processor';
const BATCH = 'BatchSpanProcessor';
const FLOOR = 'joined by a map';

function arm(name: string, processor: SpanProcessor, chunks: number): Arm {
  const tracer = providerOf([processor]).getTracer(SCOPE_NAME);
  return {
    name,
    run: (units) =>
      inTurns(units, () => {
        statementSpans(tracer, statementId(), chunks);
      }),
  };
}

export const benchmark: Benchmark = {
  name: 'spans',
  title: 'Spans with our processor, against the same spans with BatchSpanProcessor',
  async run(effort): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const chunks of [0, 20, 200]) {
      const arms = [
        arm(OURS, new DatabricksTelemetrySpanProcessor(new NullExporter()), chunks),
        arm(BATCH, batching(), chunks),
        ...(chunks === 0 ? [arm(FLOOR, leastJoin(), chunks)] : []),
      ];
      const rounds = await alternate(arms, [[OURS, BATCH]], effort);
      figures.push(
        rounds.figure(OURS, BATCH, {
          row: 3,
          label: `statement, close and ${chunks} downloads`,
          target: 1.05,
          gate: 1.1,
          limit: 1.5,
        }),
      );
      if (chunks === 0) {
        figures.push(
          rounds.figure(FLOOR, BATCH, {
            label: 'floor: joined by a map, late spans known, one record',
          }),
        );
      }
    }
    return figures;
  },
};
