import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { isDriverAtLeast, ITERATES_RUNNING_STATEMENTS } from './support/driver';
import { TestBed } from './support/test-bed';
import type { Session } from './support/test-bed';

const RUN_TIMEOUT_MS = 120_000;
/** Before 1.16 a download that fails while nobody waits for it is an unhandled rejection, which ends the process. */
const SURVIVES_FAILED_PREFETCH = isDriverAtLeast(1, 16);

/** How a program goes about one statement. */
interface Step {
  readonly rows: number;
  readonly polls: number;
  readonly shape: string;
  readonly error: string;
  readonly actions: readonly Action[];
  readonly isClosed: boolean;
}

type Action =
  | 'fetchAll'
  | 'fetchChunk'
  | 'hasMoreRows'
  | 'finished'
  | 'getSchema'
  | 'status'
  | 'rows'
  | 'firstRow'
  | 'cancel'
  | 'close';

const STEP: fc.Arbitrary<Step> = fc.record({
  rows: fc.integer({ min: 0, max: 40 }),
  polls: fc.integer({ min: 0, max: 2 }),
  shape: fc.constantFrom('arrow=2 pages=2', 'columnar=2 pages=2', 'cloudfetch=3', 'direct=off', ''),
  error: fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(
          'submit',
          'execute',
          'poll',
          'metadata',
          'fetch',
          'fetch@1',
          ...(SURVIVES_FAILED_PREFETCH ? ['download', 'download@1'] : []),
        )
        .map((place) => `error=${place}:SCRIPTED_ERROR:XX000`),
    },
  ),
  actions: fc.array(
    fc.constantFrom<Action>(
      'fetchAll',
      'fetchChunk',
      'hasMoreRows',
      'finished',
      'getSchema',
      'status',
      'rows',
      'firstRow',
      'cancel',
      'close',
    ),
    { maxLength: 4 },
  ),
  isClosed: fc.boolean(),
});

/** Faults by request name, each for one request. */
const FAULT = fc.record({
  match: fc.constantFrom(
    'ExecuteStatement',
    'FetchResults',
    'GetOperationStatus',
    'GetResultSetMetadata',
    'CloseOperation',
    'CancelOperation',
    'CloseSession',
    ...(SURVIVES_FAILED_PREFETCH ? ['storage'] : []),
  ),
  status: fc.constantFrom(400, 403, 404),
  skip: fc.integer({ min: 0, max: 2 }),
  times: fc.constant(1),
});

class SpanCounter implements SpanProcessor {
  readonly started = new Map<string, string>();
  readonly ended: string[] = [];

  onStart(span: ReadableSpan, _parent: Context): void {
    this.started.set(span.spanContext().spanId, span.name);
  }

  onEnd(span: ReadableSpan): void {
    this.ended.push(span.spanContext().spanId);
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

describe('random programs with random faults', function () {
  this.timeout(RUN_TIMEOUT_MS);
  const counter = new SpanCounter();
  let bed: TestBed;

  before(async () => {
    bed = await TestBed.start({ spanProcessors: [counter] });
  });
  after(() => bed.stop());

  async function run(steps: readonly Step[], faults: readonly object[]): Promise<string[]> {
    bed.reset();
    const results: string[] = [];
    const see = async (call: () => Promise<unknown>): Promise<void> => {
      results.push(await call().then((value) => JSON.stringify(value) ?? '', failureOf));
    };
    const client = await bed.connect();
    const session = await client.openSession();
    for (const fault of faults) bed.warehouse.fault(fault);
    for (const step of steps) await runStep(session, step, see);
    await see(async () => (await session.close()).isSuccess);
    bed.warehouse.reset();
    await see(async () => (await session.close()).isSuccess);
    await client.close();
    // Downloads that nobody waits for end in their own time.
    const isOver = (): boolean =>
      bed.warehouse.requests.every(({ outcome }) => outcome !== 'pending');
    while (!isOver()) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return results;
  }

  it('end every span once, and see what they would see of the bare driver', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(STEP, { minLength: 1, maxLength: 3 }),
        fc.array(FAULT, { maxLength: 2 }),
        async (steps, faults) => {
          bed.instrumentation.disable();
          const expected = await run(steps, faults);
          counter.started.clear();
          counter.ended.length = 0;
          bed.instrumentation.enable();
          const seen = await run(steps, faults);
          bed.instrumentation.disable();
          assert.deepEqual(seen, expected);
          const unended = [...counter.started].filter(([id]) => !counter.ended.includes(id));
          assert.deepEqual(unended, []);
          assert.equal(new Set(counter.ended).size, counter.ended.length, 'once');
        },
      ),
      { numRuns: 25 },
    );
  });
});

async function runStep(
  session: Session,
  { rows, polls, shape, error, actions, isClosed }: Step,
  see: (call: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const sql = `SELECT * FROM range(${rows}) /* local-warehouse: ${shape} polls=${polls} ${error} */`;
  const operation = await session
    .executeStatement(sql, { useCloudFetch: shape.startsWith('cloudfetch') })
    .catch(async (reason: unknown) => {
      await see(() => Promise.reject(reason));
      return undefined;
    });
  if (operation === undefined) return;
  for (const action of actions) {
    await see(async () => {
      const isIteration = action === 'rows' || action === 'firstRow';
      if (!ITERATES_RUNNING_STATEMENTS && (isIteration || action === 'hasMoreRows')) {
        await operation.finished();
      }
      if (isIteration) {
        const taken: unknown[] = [];
        for await (const row of operation.iterateRows({ autoClose: action === 'firstRow' })) {
          taken.push(row);
          if (action === 'firstRow') break;
        }
        return taken;
      }
      if (action === 'close' || action === 'cancel') return (await operation[action]()).isSuccess;
      if (action === 'status') return (await operation.status(false)).operationState;
      return operation[action]();
    });
  }
  if (isClosed) await see(async () => (await operation.close()).isSuccess);
}

function failureOf(error: unknown): string {
  const { message, constructor } = error as Error;
  return `${constructor.name}: ${message.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')}`;
}
