/** A statement from its start to its place in the body: spans recorded and not sampled, counters, join, encoding. */
import type { TelemetryMetric } from '@databricks/sql/dist/telemetry/types';
import { alternate } from '../harness/alternate';
import type { Arm } from '../harness/alternate';
import type { Benchmark, Figure } from '../harness/benchmark';
import { SESSION_ID, statementId } from '../harness/ids';
import { inTurns } from '../harness/turn';
import { driverExporter, DriverTelemetry } from '../peers/driver-telemetry';
import { batching, providerOf, RecordOnlySampler } from '../peers/spans';
import { statementLife } from '../subjects/statement-life';
import { connectSpan, statementSpans } from '../subjects/statement-spans';
import { sharedStateOf } from '../subjects/stub-driver';
import { telemetry } from '../subjects/telemetry';

const OURS = 'ours';
const PEER = 'built-in telemetry';
const FLOOR = 'two recorded spans';

function ours(chunks: number): Arm {
  const { tracer } = telemetry();
  const life = statementLife(sharedStateOf(tracer));
  connectSpan(tracer, life.session.connection.id);
  return {
    name: OURS,
    run: (units) =>
      inTurns(units, () => {
        life.run(chunks);
      }),
  };
}

function peer(chunks: number): Arm {
  const exporter = driverExporter(() => {});
  const driver = new DriverTelemetry({
    export: (metrics: TelemetryMetric[]) => exporter.export(metrics),
  });
  return {
    name: PEER,
    run: (units) =>
      inTurns(units, () => {
        driver.statement(statementId(), SESSION_ID, chunks);
      }),
  };
}

/** The statement's span and its close with their attributes, recorded, and nothing else. */
function floor(): Arm {
  const tracer = providerOf([batching()], new RecordOnlySampler()).getTracer('bare');
  return {
    name: FLOOR,
    run: (units) =>
      inTurns(units, () => {
        statementSpans(tracer, statementId(), 0);
      }),
  };
}

export const benchmark: Benchmark = {
  name: 'pipeline',
  title: 'Telemetry of a statement, spans and encoding included, against the built-in one',
  async run(effort): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const [chunks, target, gate, limit] of [
      [0, 1, 1.2, 10],
      [20, 0.7, 0.9, 6],
      [200, 0.25, 0.35, 1.8],
    ] as const) {
      const rounds = await alternate([ours(chunks), peer(chunks), floor()], [[OURS, PEER]], effort);
      figures.push(
        rounds.figure(OURS, PEER, { row: 2, label: `${chunks} chunks`, target, gate, limit }),
      );
      figures.push(
        rounds.figure(FLOOR, PEER, {
          label: `floor: ${chunks} chunks, the two spans alone, recorded`,
        }),
      );
    }
    return figures;
  },
};
