/** Processor time of the real driver on in-process answers, with what we add and without. */
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import type IDBSQLSession from '@databricks/sql/dist/contracts/IDBSQLSession';
import { alternate } from '../harness/alternate';
import type { Arm } from '../harness/alternate';
import type { Benchmark, Figure } from '../harness/benchmark';
import { freshDriver, openSession, queries } from '../peers/driver';
import type { Answers } from '../peers/driver';
import { driverExporter, DriverTelemetry } from '../peers/driver-telemetry';
import { bareSpan, batching, noSdkProvider, providerOf, RecordOnlySampler } from '../peers/spans';
import { patchLeast } from '../subjects/least-driver';
import { telemetry } from '../subjects/telemetry';

const BARE = 'bare';
const OURS = 'telemetry';
const FLOOR = 'two recorded spans, active, one promise per call';
const SQL = "SELECT id FROM main.sales.orders WHERE state = 'open'";

function arm(name: string, session: IDBSQLSession, before: () => void = () => {}): Arm {
  return {
    name,
    run(units) {
      before();
      return queries(session, SQL, units);
    },
  };
}

/** The driver with nothing but one, or two, bare spans around each query: what no instrumentation can be below. */
function withSpans(name: string, session: IDBSQLSession, spans: number): Arm {
  const tracer = providerOf([batching()]).getTracer('bare');
  const plain = arm(name, session);
  return {
    name,
    async run(units) {
      for (let span = 0; span < units * spans; span++) {
        bareSpan(tracer);
      }
      await plain.run(units);
    },
  };
}

export const benchmark: Benchmark = {
  name: 'driver-cpu',
  title: 'Processor time of the driver, against the driver alone',
  async run(effort): Promise<Figure[]> {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    // First, while no hook is there.
    const plain = freshDriver();
    const reporting = freshDriver();
    const least = freshDriver();
    patchLeast(providerOf([batching()], new RecordOnlySampler()).getTracer('bare'));
    const instrumentation = new DatabricksSqlInstrumentation();
    const patched = freshDriver();

    const providers = {
      [OURS]: telemetry().provider,
      'sampled traces': providerOf([batching()]),
      'unsampled traces': providerOf([batching()], new AlwaysOffSampler()),
      'no SDK': noSdkProvider(),
    };
    const others = effort.short
      ? []
      : ['sampled traces', 'unsampled traces', 'no SDK', 'built-in telemetry', 'two bare spans'];
    const figures: Figure[] = [];
    for (const [label, answers, target, gate, limit] of [
      ['direct result', { pages: 0, rowsPerPage: 1 }, 1.1, 1.2, 12],
      ['21 pages', { pages: 21, rowsPerPage: 1 }, 1.025, 1.05, 3],
    ] as const satisfies readonly (readonly [string, Answers, number, number, number])[]) {
      const bare = await openSession(plain, answers);
      const session = await openSession(patched, answers);
      const reported = await openSession(reporting, answers);
      const exporter = driverExporter(() => {});
      new DriverTelemetry({ export: (metrics) => exporter.export(metrics) }).attachTo(reported);
      const arms = [
        arm(BARE, bare),
        ...Object.entries(providers).map(([name, provider]) =>
          arm(name, session, () => {
            instrumentation.setTracerProvider(provider);
          }),
        ),
        arm('built-in telemetry', reported),
        arm(FLOOR, await openSession(least, answers)),
        withSpans('two bare spans', bare, 2),
      ];
      const rounds = await alternate(
        arms.filter(({ name }) => [BARE, OURS, FLOOR, ...others].includes(name)),
        [[OURS, BARE]],
        { ...effort, budgetMs: effort.budgetMs * 2 },
      );
      figures.push(
        rounds.figure(OURS, BARE, {
          row: 13,
          label: `${label}: our telemetry`,
          target,
          gate,
          limit,
        }),
        rounds.figure(FLOOR, BARE, { label: `${label}: floor: ${FLOOR}` }),
        ...others.map((name) => rounds.figure(name, BARE, { label: `${label}: ${name}` })),
      );
    }
    return figures;
  },
};
