import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type * as sinon from 'sinon';
import { DatabricksTelemetrySpanProcessor } from '../../src/processor/processor';
import { UndeliveredError } from '../../src/record';
import { assertBalanced } from '../accounting-assertions';
import { SpanSource } from '../spans';
import { lineOf, RecordingExporter } from '../test-exporter';
import { useFakeClock } from '../fake-clock';

const STATEMENTS = 5;
const SESSIONS = 2;

interface StatementEvent {
  readonly statement: number;
  readonly operation:
    | 'execute_statement'
    | 'fetch'
    | 'cloudfetch_download'
    | 'staging_put'
    | 'cancel_statement'
    | 'close_statement';
  readonly failure: 'none' | 'retryable' | 'terminal';
  readonly own: boolean;
  readonly type: 'A' | 'B';
}

interface SessionEvent {
  readonly session: number;
  readonly operation: 'open_session' | 'close_session';
  readonly failure: 'none' | 'retryable' | 'terminal';
}

type Event = StatementEvent | SessionEvent;

type ExporterMood = 'delivers' | 'returns' | 'returns half' | 'throws';

interface Weather {
  readonly tickMs: number;
  readonly mood: ExporterMood;
}

const failure = fc.constantFrom(
  'none' as const,
  'none' as const,
  'retryable' as const,
  'terminal' as const,
);

const statementEvent: fc.Arbitrary<StatementEvent> = fc.record({
  statement: fc.nat(STATEMENTS - 1),
  operation: fc.constantFrom(
    'execute_statement' as const,
    'execute_statement' as const,
    'fetch' as const,
    'cloudfetch_download' as const,
    'staging_put' as const,
    'cancel_statement' as const,
    'close_statement' as const,
  ),
  failure,
  own: fc.boolean(),
  type: fc.constantFrom('A' as const, 'B' as const),
});

const sessionEvent: fc.Arbitrary<SessionEvent> = fc.record({
  session: fc.nat(SESSIONS - 1),
  operation: fc.constantFrom('open_session' as const, 'close_session' as const),
  failure,
});

const weather: fc.Arbitrary<Weather> = fc.record({
  tickMs: fc.constantFrom(0, 1, 100, 5_000),
  mood: fc.constantFrom<ExporterMood>('delivers', 'returns', 'returns half', 'throws'),
});

/**
 * What should come of a statement, found afterwards from the whole list of events, where the code under test decides
 * event by event: the lines of its records in their order, and how many of its spans were late.
 */
function expectedOf(
  statement: number,
  events: readonly Event[],
): { lines: string[]; late: number } {
  const own = events.flatMap((event, index) =>
    'statement' in event && event.statement === statement ? [{ ...event, index }] : [],
  );
  const lineOfEvent = (kind: string, operation: string): string =>
    `${kind} ${operation} s${statement}`;
  const cancelsOf = (some: readonly StatementEvent[]): string[] =>
    some
      .filter(({ operation }) => operation === 'cancel_statement')
      .map((event) =>
        lineOfEvent(event.failure === 'none' ? 'operation' : 'failed', event.operation),
      );
  const executed = own.find(({ operation }) => operation === 'execute_statement');
  if (executed === undefined) {
    const reported = decisive(own);
    return {
      lines: [
        ...cancelsOf(own),
        ...(reported === undefined ? [] : [lineOfEvent('error', reported.operation)]),
      ],
      late: own.length,
    };
  }
  const collected = own.filter(
    (event) => event === executed || event.operation !== executed.operation,
  );
  const ending = collected.find(
    (event) =>
      event.operation === 'close_statement' ||
      (event.failure === 'terminal' && event.operation !== 'cancel_statement') ||
      (event.operation === 'cancel_statement' && event.failure === 'none'),
  );
  const sessionClose = events.findIndex(
    (event, index) =>
      'session' in event &&
      event.operation === 'close_session' &&
      event.failure === 'none' &&
      event.session === statement % SESSIONS &&
      index > executed.index &&
      isFirstClose(events, index),
  );
  const end = Math.min(
    ending === undefined ? Infinity : Math.max(ending.index, executed.index),
    sessionClose === -1 ? Infinity : sessionClose,
  );
  const joined = collected.filter(({ index }) => index <= end);
  const late = own.filter((event) => !joined.includes(event));
  const isCanceled = joined.some(
    (event) => event.operation === 'cancel_statement' && event.failure === 'none',
  );
  return {
    lines: [
      lineOfEvent(
        decisive(joined) === undefined ? (isCanceled ? 'canceled' : 'operation') : 'failed',
        'execute_statement',
      ),
      ...cancelsOf(joined),
      ...late
        .filter((event) => event.operation !== 'execute_statement')
        .filter((event) => event.failure !== 'none' && event.own)
        .map(({ operation }) => lineOfEvent('error', operation)),
    ],
    late: late.length,
  };
}

function isFirstClose(events: readonly Event[], index: number): boolean {
  const close = events[index];
  return !events
    .slice(0, index)
    .some(
      (event) =>
        'session' in event &&
        close !== undefined &&
        'session' in close &&
        event.session === close.session &&
        event.operation === 'close_session' &&
        event.failure === 'none',
    );
}

/** The failure that is reported: the first of the terminal ones, else of all; one of the call itself before others. */
function decisive(joined: readonly StatementEvent[]): StatementEvent | undefined {
  const rank = (event: StatementEvent): number =>
    (event.failure === 'terminal' ? 2 : 0) + (event.own ? 1 : 0);
  return joined
    .filter((event) => event.failure !== 'none' && event.operation !== 'cancel_statement')
    .reduce<StatementEvent | undefined>(
      (best, event) => (best === undefined || rank(event) > rank(best) ? event : best),
      undefined,
    );
}

function emit(driver: SpanSource, event: Event): void {
  const retryable = event.failure === 'retryable';
  if ('session' in event) {
    driver.span(event.operation, {
      attributes: { 'databricks.session.id': `session ${event.session}` },
      ...(event.failure !== 'none' && { failure: { type: 'X', retryable } }),
    });
    return;
  }
  driver.of(`s${event.statement}`, event.operation, {
    attributes: { 'databricks.session.id': `session ${event.statement % SESSIONS}` },
    ...(event.failure !== 'none' && {
      failure: { type: event.type, retryable, own: event.own },
    }),
  });
}

describe('the join, against a naive model', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = useFakeClock();
  });
  afterEach(() => {
    clock.restore();
  });

  it('any order, duplication, omission or lateness: one record per statement, nothing lost, nothing left', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 9, arbitrary: statementEvent }, sessionEvent, weather), {
          maxLength: 80,
          size: 'max',
        }),
        async (steps) => {
          const exporter = new RecordingExporter();
          const processor = new DatabricksTelemetrySpanProcessor(exporter, {
            maxExportBatchSize: 3,
          });
          const delivered: string[] = [];
          let mood: ExporterMood = 'delivers';
          let thrown = 0;
          exporter.respond = (batch, answer) => {
            const returned = { delivers: 0, returns: batch.length, 'returns half': 1, throws: 0 }[
              mood
            ];
            if (mood === 'throws') {
              thrown += batch.length;
              delivered.push(...batch.map(lineOf));
              throw new Error('exporter');
            }
            delivered.push(...batch.slice(returned).map(lineOf));
            if (returned === 0) answer({ code: 0 });
            else {
              const error = new UndeliveredError(batch.slice(0, returned), 'retryable');
              answer({ code: 1, error });
            }
          };
          const driver = new SpanSource([processor]);
          const events: Event[] = [];
          for (const step of steps) {
            if ('tickMs' in step) {
              mood = step.mood;
              clock.tick(step.tickMs);
            } else {
              events.push(step);
              emit(driver, step);
            }
            assertBalanced(processor.stats());
          }
          exporter.respond = (batch, answer) => {
            delivered.push(...batch.map(lineOf));
            answer({ code: 0 });
          };
          await processor.shutdown();

          const stats = processor.stats();
          assertBalanced(stats);
          assert.deepEqual([stats.pending, stats.pendingBytes, stats.statements], [0, 0, 0]);
          assert.equal(stats.dropped.export_failed ?? 0, thrown);
          assert.equal(clock.countTimers(), 0);
          let late = 0;
          for (let statement = 0; statement < STATEMENTS; statement += 1) {
            const expected = expectedOf(statement, events);
            late += expected.late;
            const actual = delivered.filter((line) => line.endsWith(` s${statement}`));
            // Records that came back are delivered after younger ones that did not.
            assert.deepEqual(
              actual.toSorted(),
              expected.lines.toSorted(),
              `statement ${statement}`,
            );
          }
          assert.ok(stats.late >= late);
        },
      ),
      { numRuns: 300 },
    );
  });
});
