/** What the patches add to a call, over a stub of the driver, against a bare span. */
import { context } from '@opentelemetry/api';
import type { Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import { SCOPE_NAME } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { alternate } from '../harness/alternate';
import type { Arm } from '../harness/alternate';
import type { Benchmark, Figure } from '../harness/benchmark';
import { inTurns } from '../harness/turn';
import { mysql2Arms } from '../peers/mysql2';
import { bareSpan, batching, noSdkProvider, providerOf, startBareSpan } from '../peers/spans';
import { downloading, spanned, timed } from '../subjects/bare-patches';
import { ourPatches, stubSession, sharedStateOf } from '../subjects/stub-driver';
import type { StubPatches } from '../subjects/stub-driver';

const SPAN = 'one span';
const SPANS = '1 + 20 spans';
const UNPATCHED = 'unpatched';
const SQL = "SELECT * FROM main.sales.orders WHERE id = 42 AND state = 'open'";
const CHUNKS = 20;

type Session = ReturnType<typeof stubSession>;

function sync(name: string, work: () => void): Arm {
  return { name, run: (units) => inTurns(units, work) };
}

function executing(name: string, session: Session): Arm {
  return {
    name,
    run: async (units) => {
      for (let unit = 0; unit < units; unit++) {
        await session.execute(SQL);
      }
    },
  };
}

function querying(name: string, session: Session): Arm {
  return {
    name,
    run: async (units) => {
      for (let unit = 0; unit < units; unit++) {
        await session.query(SQL, CHUNKS);
      }
    },
  };
}

let downloadMs = 0;

/** The floor: see `bare-patches`. */
function leastPatches(tracer: Tracer, isSampled: boolean): StubPatches {
  const observe = timed((durationMs) => {
    downloadMs += durationMs;
  });
  return {
    hiveDriver: { executeStatement: observe },
    operation: {},
    cloudFetch: { downloadLink: isSampled ? downloading(tracer) : observe },
    session: { executeStatement: spanned(tracer) },
  };
}

export const benchmark: Benchmark = {
  name: 'patch',
  title: 'What the patches add to a call, against bare spans',
  async run(effort): Promise<Figure[]> {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const provider = providerOf([batching()]);
    const bare = provider.getTracer('bare');
    const sampled = sharedStateOf(provider.getTracer(SCOPE_NAME));
    const unsampledTracer = providerOf([batching()], new AlwaysOffSampler()).getTracer(SCOPE_NAME);
    const unsampled = sharedStateOf(unsampledTracer);
    const none = sharedStateOf(noSdkProvider().getTracer(SCOPE_NAME));
    const plain = mysql2Arms(provider, false);
    const masked = mysql2Arms(provider, true);

    const one = sync(SPAN, () => {
      bareSpan(bare);
    });
    const many = sync(SPANS, () => {
      const parent = startBareSpan(bare);
      for (let child = 0; child < CHUNKS; child++) {
        bareSpan(bare);
      }
      parent.end();
    });
    const execute = await alternate(
      [
        executing('patched', stubSession(ourPatches(sampled))),
        executing('no SDK', stubSession(ourPatches(none))),
        executing('least', stubSession(leastPatches(bare, true))),
        executing(UNPATCHED, stubSession()),
        sync('mysql2', plain.patched),
        sync('mysql2, masked', masked.patched),
        sync('mysql2, unpatched', plain.unpatched),
        one,
      ],
      [['patched', SPAN]],
      effort,
    );
    const query = await alternate(
      [
        querying('unsampled', stubSession(ourPatches(unsampled))),
        querying('sampled', stubSession(ourPatches(sampled))),
        querying('least', stubSession(leastPatches(unsampledTracer, false))),
        querying('least, sampled', stubSession(leastPatches(bare, true))),
        querying(UNPATCHED, stubSession()),
        one,
        many,
      ],
      [
        ['unsampled', SPAN],
        ['sampled', SPANS],
      ],
      effort,
    );
    if (!(downloadMs >= 0)) throw new Error('no time was taken');
    return [
      query.added('unsampled', UNPATCHED, SPAN, {
        row: 5,
        label: 'statement with 20 chunks, unsampled, against one span',
        target: 1.25,
        gate: 1.4,
        limit: 12,
      }),
      query.added('least', UNPATCHED, SPAN, {
        label: 'floor: one unsampled span, one promise and two clock readings per chunk',
      }),
      query.added('sampled', UNPATCHED, SPANS, {
        row: 5,
        label: 'statement with 20 chunks, sampled, against 1 + 20 spans',
        target: 1.15,
        gate: 1.3,
        limit: 3.2,
      }),
      query.added('least, sampled', UNPATCHED, SPANS, {
        label: 'floor: 1 + 20 spans with the same attributes, active, one promise per call',
      }),
      execute.added('patched', UNPATCHED, SPAN, {
        row: 6,
        label: 'executeStatement, against one span',
        target: 1.35,
        gate: 1.6,
        limit: 3.5,
      }),
      execute.added('least', UNPATCHED, SPAN, {
        label: 'floor: one span with the same attributes, active, one promise per call',
      }),
      execute.added('mysql2', 'mysql2, unpatched', SPAN, {
        label: 'mysql2 query, against one span',
      }),
      execute.added('mysql2, masked', 'mysql2, unpatched', SPAN, {
        label: 'mysql2 query with maskStatement, against one span',
      }),
      execute.added('no SDK', UNPATCHED, SPAN, {
        row: 7,
        label: 'executeStatement with no SDK registered, against one span',
        target: 0.2,
        gate: 0.3,
      }),
    ];
  },
};
