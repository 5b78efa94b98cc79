import assert from 'node:assert/strict';
import * as driver from '@databricks/sql';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import type { DatabricksSqlInstrumentationConfig } from '@dbsql-otel/instrumentation-databricks-sql';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { context } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type { TracerConfig } from '@opentelemetry/sdk-trace-base';
import * as fc from 'fast-check';
import { after, before, describe, it } from 'mocha';
import { DatabricksTelemetryExporter } from '../../src/exporter/exporter';
import type { ReadableSpan } from '../../src/otel';
import { DatabricksTelemetrySpanProcessor } from '../../src/processor/processor';
import { assertBalanced } from '../accounting-assertions';

const PROGRAMS = 6;
const RUN_TIMEOUT_MS = 300_000;

type Session = Awaited<ReturnType<InstanceType<typeof driver.DBSQLClient>['openSession']>>;

/** How a program goes about one call. */
interface Step {
  readonly rows: number;
  readonly polls: number;
  readonly shape: string;
  readonly error: string;
  readonly end:
    'fetchAll' | 'fetchChunk' | 'finished' | 'cancel' | 'nothing' | 'getTables' | 'getInfo';
  readonly isClosed: boolean;
}

const STEP: fc.Arbitrary<Step> = fc.record({
  rows: fc.integer({ min: 0, max: 40 }),
  polls: fc.integer({ min: 0, max: 2 }),
  shape: fc.constantFrom('arrow=2 pages=2', 'columnar=2 pages=2', 'cloudfetch=2', 'direct=off', ''),
  error: fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom('submit', 'execute', 'poll', 'fetch', 'fetch@1', 'download')
        .map((place) => `error=${place}:SCRIPTED_ERROR:XX000`),
    },
  ),
  end: fc.constantFrom(
    'fetchAll',
    'fetchAll',
    'fetchChunk',
    'finished',
    'cancel',
    'nothing',
    'getTables',
    'getInfo',
  ),
  isClosed: fc.boolean(),
});

/** What an application and its SDK may do to spans. */
interface World {
  readonly config?: DatabricksSqlInstrumentationConfig;
  readonly tracer?: TracerConfig;
  readonly hasProvider?: boolean;
  /** The provider is registered after the first step of the program. */
  readonly isLate?: boolean;
  /** The provider hands over spans without a scope, as that of dd-trace. */
  readonly hasScopes?: boolean;
}

const rewrite = (span: Span): void => {
  span.setAttributes({
    'databricks.statement.id': 'rewritten',
    'databricks.session.id': 'rewritten',
    'databricks.connection.id': 'rewritten',
    'databricks.operation': 'rewritten',
    'db.query.summary': 'DROP TABLE',
  });
};

const WORLDS: Readonly<Record<string, World>> = {
  'always on': { tracer: { sampler: new AlwaysOnSampler() } },
  '1 %': {
    tracer: { sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.01) }) },
  },
  'always off': { tracer: { sampler: new AlwaysOffSampler() } },
  'no provider': { hasProvider: false },
  'a parent is required': { config: { requireParentSpan: true } },
  'limits of 4 attributes and 8 characters': {
    tracer: { spanLimits: { attributeCountLimit: 4, attributeValueLengthLimit: 8 } },
  },
  'hooks that rewrite attributes': { config: { requestHook: rewrite, responseHook: rewrite } },
  'spans without a scope': { hasScopes: false },
  'a provider that comes late': { isLate: true },
  'no spans of connections, fetches and downloads': {
    config: { connectionSpans: false, fetchSpans: false, cloudFetchSpans: false },
  },
};

describe('one workload, one set of records', function () {
  this.timeout(RUN_TIMEOUT_MS);
  let warehouse: LocalWarehouse;

  before(async () => {
    warehouse = await LocalWarehouse.start();
  });
  after(() => warehouse.stop());

  it('whatever the application does with its traces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 1, maxLength: 4 }), async (steps) => {
        const expected = await recordsOf(steps, WORLDS['always on'] ?? {});
        const statements = steps.filter(({ end }) => end !== 'getInfo').length;
        assert.equal(
          expected.filter((record) => record.startsWith('operation statement')).length,
          statements,
          'one per statement',
        );
        for (const [name, world] of Object.entries(WORLDS)) {
          assert.deepEqual(await recordsOf(steps, world), expected, name);
        }
      }),
      { numRuns: PROGRAMS },
    );
  });

  /** The records of one run of a program, without what differs between two runs: ids, times and the order. */
  async function recordsOf(steps: readonly Step[], world: World): Promise<string[]> {
    warehouse.reset();
    const lines: string[] = [];
    context.disable();
    if (world.hasProvider !== false) {
      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    }
    const instrumentation = new DatabricksSqlInstrumentation(world.config);
    instrumentation.patch(driver);
    const processor = new DatabricksTelemetrySpanProcessor(
      new DatabricksTelemetryExporter({
        allowPrivateHosts: true,
        dryRun: ({ body }) => lines.push(...linesOf(body)),
      }),
    );
    const register = (): void => {
      const { hasScopes = true, hasProvider = true, tracer } = world;
      if (!hasProvider) return;
      const onEnd = (span: ReadableSpan): void => {
        processor.onEnd(hasScopes ? span : withoutScope(span));
      };
      instrumentation.setTracerProvider(
        new BasicTracerProvider({
          ...tracer,
          spanProcessors: [
            {
              onStart: () => {},
              onEnd,
              forceFlush: () => Promise.resolve(),
              shutdown: () => Promise.resolve(),
            },
          ],
        }),
      );
    };
    if (world.isLate !== true) register();
    const client = new driver.DBSQLClient({ logger: { log: () => {} } });
    await client.connect(warehouse.connectionOptions());
    const session = await client.openSession();
    for (const [index, step] of steps.entries()) {
      if (index === 1 && world.isLate === true) register();
      await runStep(session, step);
    }
    await session.close();
    await client.close();
    await processor.shutdown();
    instrumentation.disable();
    context.disable();
    const stats = processor.stats();
    assertBalanced(stats);
    assert.deepEqual([stats.dropped, stats.delivered], [{}, lines.length]);
    return lines.toSorted();
  }
});

function ignore(): undefined {}

async function runStep(session: Session, step: Step): Promise<void> {
  const { rows, polls, shape, error, end, isClosed } = step;
  if (end === 'getInfo') {
    await session.getInfo(13).catch(ignore);
    return;
  }
  const sql = `SELECT * FROM range(${rows}) /* local-warehouse: ${shape} polls=${polls} ${error} */`;
  const operation = await (
    end === 'getTables'
      ? session.getTables({ catalogName: 'main' })
      : session.executeStatement(sql, { useCloudFetch: shape.startsWith('cloudfetch') })
  ).catch(ignore);
  if (operation === undefined) return;
  if (end === 'getTables') await operation.fetchAll().catch(ignore);
  else if (end !== 'nothing') await (operation[end]() as Promise<unknown>).catch(ignore);
  if (isClosed) await operation.close().catch(ignore);
}

function withoutScope(span: ReadableSpan): ReadableSpan {
  return new Proxy(span, {
    get: (target, name) =>
      name === 'instrumentationScope' ? undefined : Reflect.get(target, name, target),
  });
}

/** What a posted body says of each record, with ids reduced to their presence and times left out. */
function linesOf(body: string): string[] {
  const { protoLogs } = JSON.parse(body) as { protoLogs: string[] };
  return protoLogs.map((text) => {
    const { entry } = JSON.parse(text) as { entry: { sql_driver_log: Record<string, unknown> } };
    const log = entry.sql_driver_log;
    // A failure that belongs to no record has no latency of its own.
    const kind = log['operation_latency_ms'] === undefined ? 'error' : 'operation';
    const isStatement = JSON.stringify(log).match(/EXECUTE_STATEMENT|LIST_/) !== null;
    return `${kind} ${isStatement ? 'statement' : 'call'} ${JSON.stringify(log, withoutTimes)}`;
  });
}

function withoutTimes(name: string, value: unknown): unknown {
  if (name.endsWith('_id') && typeof value === 'string') return 'an id';
  if (name === 'stack_trace') return value === '' ? 'none' : 'frames';
  return /latency_m|_latency_|time_millis/.test(name) && typeof value !== 'object'
    ? undefined
    : value;
}
