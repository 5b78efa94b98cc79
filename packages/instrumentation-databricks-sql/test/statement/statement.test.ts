import { createNoopMeter, diag, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import assert from 'node:assert/strict';
import { stub } from 'sinon';
import type { SinonFakeTimers } from 'sinon';
import { resolveConfig } from '../../src/config';
import { Connection, SessionFacts } from '../../src/connection/connection';
import type { OperationStatus, Response } from '../../src/driver/shapes';
import { DriverReport } from '../../src/driver/report';
import { Guard } from '../../src/guard';
import { Metrics } from '../../src/telemetry/metrics';
import { Statement } from '../../src/statement/statement';
import { resultFacts } from '../../src/patches/result-facts';
import { SharedState } from '../../src/patches/shared-state';
import { describeError } from '../../src/telemetry/failure';
import { Telemetry } from '../../src/telemetry/telemetry';
import { useFakeClock } from '../support/fake-clock';

const RUNNING: OperationStatus = { operationState: 1 };
const FINISHED: OperationStatus = { operationState: 2 };
const GUID = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const ID = '00112233-4455-6677-8899-aabbccddeeff';
const FACTS = resultFacts({}, false);
const METRIC: Attributes = { 'db.system.name': 'databricks' };
const STATE = 'databricks.statement.state';
const STATEMENT_ID = 'databricks.statement.id';
const RETRIES = 'databricks.http.retry_count';

/** Statements as the patches make them, told by hand what the driver and the server said. */
class Bench {
  private readonly spanExporter = new InMemorySpanExporter();
  private readonly provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(this.spanExporter)],
  });
  private readonly metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  private readonly reader = new PeriodicExportingMetricReader({
    exporter: this.metricExporter,
    exportIntervalMillis: 2 ** 31 - 1,
  });
  private readonly meters = new MeterProvider({ readers: [this.reader] });
  readonly shared = this.sharedWith(new Metrics(this.meters.getMeter('test')));
  readonly session: SessionFacts;

  constructor(isKernel = false) {
    const options = { host: 'a.example.com', path: '/sql/1.0/warehouses/w', useKernel: isKernel };
    this.session = new SessionFacts(new Connection(options), {});
    this.session.opened({ id: 'session-1' });
  }

  sharedWith(metrics: Metrics): SharedState {
    const tracer = this.provider.getTracer('test');
    const config = resolveConfig({}, diag);
    const telemetry = new Telemetry(new Guard(diag), config, metrics, () => tracer);
    return new SharedState(telemetry, new DriverReport(diag));
  }

  statement(shared = this.shared, hasSpan = true): Statement {
    const { connection } = this.session;
    const operation = shared.telemetry.begin(
      connection,
      'SELECT',
      SpanKind.CLIENT,
      {},
      { hasSpan },
    );
    const statement = new Statement(shared, this.session, operation, METRIC);
    shared.openOperations.add(statement);
    return statement;
  }

  get spans(): readonly ReadableSpan[] {
    return this.spanExporter.getFinishedSpans();
  }

  /** The only span that ended. */
  get span(): ReadableSpan {
    const [span, ...others] = this.spans;
    assert.equal(others.length, 0);
    return span ?? assert.fail('no span has ended');
  }

  async stop(): Promise<void> {
    await this.meters.shutdown();
  }

  async points(name: string): Promise<readonly { attributes: Attributes; value: unknown }[]> {
    this.metricExporter.reset();
    await this.reader.forceFlush();
    return this.metricExporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics)
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(
        ({ dataPoints }): readonly { attributes: Attributes; value: unknown }[] => dataPoints,
      );
  }

  /** Milliseconds that the statements took, all together, and how many there were. */
  async durations(): Promise<readonly [number, number]> {
    let [sumMs, count] = [0, 0];
    for (const { value } of await this.points('db.client.operation.duration')) {
      const histogram = value as { sum: number; count: number };
      sumMs += histogram.sum * 1_000;
      count += histogram.count;
    }
    return [Math.round(sumMs), count];
  }

  async active(): Promise<unknown> {
    return (await this.points('databricks.client.statement.active'))[0]?.value;
  }
}

function accepted(operationStatus: OperationStatus | null): Response {
  return { operationHandle: { operationId: { guid: GUID } }, directResults: { operationStatus } };
}

describe('Statement', () => {
  let clock: SinonFakeTimers;
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
    clock = useFakeClock({ toFake: ['performance'] });
  });
  afterEach(async () => {
    clock.restore();
    await bench.stop();
  });

  const OUTCOMES: readonly (readonly [number, string, string | undefined])[] = [
    [2, 'FINISHED', undefined],
    [3, 'CANCELED', 'CANCELED'],
    [4, 'CLOSED', 'CLOSED'],
    [5, 'ERROR', 'ERROR'],
    [6, 'UNKNOWN', 'UNKNOWN'],
    [8, 'TIMEDOUT', 'TIMEOUT'],
  ];
  for (const [operationState, state, type] of OUTCOMES) {
    it(`ends ${state} when the server answers so, ${type === undefined ? 'well' : 'as a failure'}`, () => {
      const statement = bench.statement();
      statement.answered(accepted({ operationState }));
      assert.equal(bench.spans.length, 0, 'the call has not settled');
      statement.opened({});
      const { attributes, status, events } = bench.span;
      assert.equal(attributes[STATE], state);
      assert.equal(attributes['error.type'], type);
      assert.equal(status.code, type === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR);
      assert.deepEqual(
        events.map((event) => event.attributes?.['exception.type']),
        type === undefined ? [] : ['OperationStateError'],
      );
      assert.ok(statement.hasEnded);
    });
  }

  for (const operationState of [0, 1, 7, 9, null, undefined]) {
    it(`goes on in state ${operationState}`, () => {
      const statement = bench.statement();
      statement.answered(accepted(operationState === undefined ? {} : { operationState }));
      statement.opened({});
      assert.ok(!statement.hasEnded);
      statement.abandon();
      assert.equal(bench.span.attributes[STATE], undefined);
    });
  }

  const THROWN: readonly (readonly [string, string | undefined])[] = [
    ['CANCELED', 'CANCELED'],
    ['CLOSED', 'CLOSED'],
    ['ERROR', 'ERROR'],
    ['TIMEOUT', 'TIMEDOUT'],
    ['UNKNOWN', 'UNKNOWN'],
    ['OTHER', undefined],
  ];
  for (const [errorCode, state] of THROWN) {
    it(`knows its state ${state} from an error that says ${errorCode}`, () => {
      const statement = bench.statement();
      statement.opened({});
      const error = Object.assign(new Error('failed'), { errorCode });
      statement.callRejected(describeError(error), FACTS);
      assert.equal(bench.span.attributes[STATE], state);
      assert.equal(bench.span.status.code, SpanStatusCode.ERROR);
    });
  }

  it('takes any error for the end, even one that is none', () => {
    for (const error of [undefined, null, 'text']) {
      const statement = bench.statement();
      statement.opened({});
      statement.callRejected(describeError(error), FACTS);
      assert.ok(statement.hasEnded);
    }
    assert.equal(bench.spans.length, 3);
  });

  it('does not end for a call that fails before it is open, nor twice', async () => {
    const statement = bench.statement();
    statement.callRejected(describeError(new Error('early')), FACTS);
    assert.ok(!statement.hasEnded);
    statement.answered(accepted(FINISHED));
    statement.opened({});
    statement.callRejected(describeError(new Error('late')), FACTS);
    statement.callResolved();
    statement.abandon();
    assert.equal(bench.span.status.code, SpanStatusCode.UNSET);
    assert.deepEqual(await bench.durations(), [0, 1]);
  });

  describe('its id', () => {
    it('is the GUID of the handle as the driver writes it', () => {
      const statement = bench.statement();
      statement.answered(accepted(FINISHED));
      assert.equal(statement.id, ID);
      assert.equal(statement.id, ID);
      statement.opened({ id: 'other' });
      assert.equal(bench.span.attributes[STATEMENT_ID], ID);
      assert.equal(bench.span.attributes['databricks.session.id'], 'session-1');
    });

    for (const guid of [GUID.subarray(1), Buffer.concat([GUID, GUID]), ID, undefined]) {
      it(`is the operation's where the handle has ${guid?.length ?? 'no'} bytes`, () => {
        const statement = bench.statement();
        statement.answered({ operationHandle: { operationId: { guid } } });
        assert.equal(statement.id, undefined);
        assert.deepEqual(statement.identity, bench.session.identity);
        statement.opened({ id: 'operation-1' });
        assert.equal(statement.id, 'operation-1');
        assert.equal(statement.identity[STATEMENT_ID], 'operation-1');
        assert.equal(statement.identity['databricks.session.id'], 'session-1');
      });
    }

    it('is none where the server has none', () => {
      for (const response of [{}, { operationHandle: null }, { operationHandle: {} }]) {
        const statement = bench.statement();
        statement.answered(response);
        assert.equal(statement.id, undefined);
      }
      const nil = { operationHandle: { operationId: { guid: Buffer.alloc(16) } } };
      const statement = bench.statement();
      statement.answered(nil);
      assert.equal(statement.id, undefined);
      statement.opened({});
      statement.abandon();
      assert.ok(!(STATEMENT_ID in bench.span.attributes));
      assert.ok(!(STATEMENT_ID in statement.completion(FACTS)));
    });
  });

  it('links what comes later to its span, which may be none', () => {
    const statement = bench.statement();
    assert.deepEqual(statement.links, [{ context: statement.span?.spanContext() }]);
    assert.equal(statement.links, statement.links, 'made once');
    assert.ok(bench.shared.telemetry.isDetailSampled(statement));
    const without = bench.statement(bench.shared, false);
    assert.deepEqual(without.links, []);
    assert.ok(!bench.shared.telemetry.isDetailSampled(without));
  });

  describe('takes', () => {
    it('until its state was seen, whenever the call settles', async () => {
      const statement = bench.statement();
      clock.tick(10);
      statement.answered(accepted(FINISHED));
      clock.tick(20);
      statement.opened({});
      assert.deepEqual(await bench.durations(), [10, 1]);
    });

    it('until the poll that saw it, the first that did', async () => {
      const statement = bench.statement();
      statement.answered(accepted(null));
      statement.opened({});
      clock.tick(10);
      statement.polled(4, RUNNING);
      clock.tick(10);
      statement.polled(6, FINISHED);
      clock.tick(10);
      statement.polled(5, { operationState: 5 });
      statement.callResolved();
      assert.deepEqual(await bench.durations(), [20, 1]);
      const { attributes } = bench.span;
      assert.equal(attributes[STATE], 'FINISHED');
      assert.equal(attributes['databricks.statement.poll_count'], 3);
      assert.equal(attributes['databricks.statement.poll_duration'], 0.015);
      assert.equal(attributes['databricks.statement.direct_results'], true);
    });

    it('until a call succeeds that only a finished one lets succeed', async () => {
      const statement = bench.statement();
      statement.opened({});
      clock.tick(10);
      statement.sawFinished();
      clock.tick(10);
      statement.sawFinished();
      statement.callResolved();
      assert.deepEqual(await bench.durations(), [10, 1]);
      assert.equal(bench.span.attributes[STATE], 'FINISHED');
    });

    it('until the last answer when it is closed or given up while it runs', async () => {
      for (const end of [
        (statement: Statement) => statement.closed('CLOSED'),
        (statement: Statement) => statement.abandon(),
      ]) {
        const statement = bench.statement();
        statement.answered({});
        statement.opened({});
        clock.tick(10);
        statement.polled(5, RUNNING);
        clock.tick(10);
        statement.polled(5, undefined);
        clock.tick(10);
        end(statement);
      }
      assert.deepEqual(await bench.durations(), [20, 2]);
      assert.deepEqual(
        bench.spans.map(({ attributes }) => [
          attributes[STATE],
          attributes['databricks.statement.poll_count'],
        ]),
        [
          ['CLOSED', 2],
          [undefined, 2],
        ],
      );
    });

    it('until the submit fails', async () => {
      const statement = bench.statement();
      clock.tick(10);
      statement.submitFailed(describeError(new Error('x')));
      assert.deepEqual(await bench.durations(), [10, 1]);
      const { attributes, status } = bench.span;
      assert.equal(status.code, SpanStatusCode.ERROR);
      assert.ok(!('databricks.statement.direct_results' in attributes));
      assert.ok(!('databricks.statement.poll_count' in attributes));
      const [point] = await bench.points('db.client.operation.duration');
      assert.equal(point?.attributes['error.type'], attributes['error.type']);
      assert.equal(point?.attributes['db.system.name'], 'databricks');
    });
  });

  it('has no polls where JavaScript does not see them', () => {
    const kernel = new Bench(true);
    const statement = kernel.statement();
    statement.answered(accepted(FINISHED));
    statement.opened({});
    assert.ok(!('databricks.statement.poll_count' in kernel.span.attributes));
    assert.equal(kernel.span.attributes['databricks.statement.direct_results'], true);
  });

  it('tells the retries until its state was seen, and its close all of them', () => {
    const statement = bench.statement();
    statement.retryCount = 2;
    statement.answered(accepted(FINISHED));
    statement.retryCount = 5;
    statement.opened({});
    assert.equal(bench.span.attributes[RETRIES], 2);
    assert.equal(statement.completion(FACTS)[RETRIES], 5);
    assert.equal(statement.completion(FACTS)[STATEMENT_ID], ID);
  });

  it('tells the retries of what never came to a state, and no retries where there were none', () => {
    const statement = bench.statement();
    statement.retryCount = 3;
    statement.submitFailed(describeError(new Error('x')));
    assert.equal(bench.span.attributes[RETRIES], 3);
    const other = bench.statement();
    other.submitFailed(describeError(new Error('x')));
    assert.ok(!(RETRIES in (bench.spans[1]?.attributes ?? {})));
    assert.ok(!(RETRIES in other.completion(FACTS)));
  });

  it('tells what it had come to when reading what it finished with fails', () => {
    const statement = bench.statement();
    statement.answered(accepted(null));
    statement.opened({});
    statement.polled(1, FINISHED);
    statement.totals.fetched(7);
    statement.callRejected(describeError(new Error('x')), FACTS);
    const { attributes, status } = bench.span;
    assert.equal(attributes[STATE], 'FINISHED');
    assert.equal(attributes['databricks.result.row_count'], 7);
    assert.equal(status.code, SpanStatusCode.ERROR);
    const running = bench.statement();
    running.opened({});
    running.callRejected(describeError(new Error('x')), FACTS);
    assert.ok(!('databricks.result.row_count' in (bench.spans[1]?.attributes ?? {})));
  });

  it('ends at the state that was seen, whatever comes behind it', async () => {
    const failing = bench.statement();
    const closing = bench.statement();
    for (const statement of [failing, closing]) statement.opened({});
    clock.tick(10);
    for (const statement of [failing, closing]) statement.polled(1, FINISHED);
    clock.tick(10);
    failing.callRejected(describeError(new Error('x')), FACTS);
    closing.closed('CLOSED');
    assert.deepEqual(await bench.durations(), [20, 2]);
    assert.deepEqual(
      bench.spans.map(({ attributes }) => attributes[STATE]),
      ['FINISHED', 'FINISHED'],
    );
  });

  it('is measured without a span when reading what it finished with fails', async () => {
    const statement = bench.statement(bench.shared, false);
    statement.opened({});
    statement.polled(1, FINISHED);
    statement.callRejected(describeError(new Error('x')), FACTS);
    assert.deepEqual(await bench.durations(), [0, 1]);
  });

  it('records one failure as an exception once', () => {
    const error = new Error('x');
    for (let times = 0; times < 2; times += 1) {
      bench.statement().submitFailed(describeError(error));
    }
    assert.deepEqual(
      bench.spans.map(({ events }) => events.length),
      [1, 0],
    );
  });

  describe('a cancel', () => {
    const canceled = Object.assign(new Error('canceled'), { errorCode: 'CANCELED' });

    it('that the application asked for is no failure, under way or done', () => {
      const underWay = bench.statement();
      underWay.opened({});
      underWay.beginClose('CANCELED');
      underWay.callRejected(describeError(canceled), FACTS);
      const done = bench.statement();
      done.opened({});
      done.beginClose('CANCELED');
      done.closed('CANCELED');
      done.callRejected(describeError(canceled), FACTS);
      for (const { attributes, status } of bench.spans) {
        assert.equal(attributes[STATE], 'CANCELED');
        assert.equal(status.code, SpanStatusCode.UNSET);
      }
      assert.equal(bench.spans.length, 2);
    });

    it('that is under way excuses no other failure', () => {
      const statement = bench.statement();
      statement.opened({});
      statement.beginClose('CANCELED');
      statement.callRejected(
        describeError(Object.assign(new Error('x'), { errorCode: 'ERROR' })),
        FACTS,
      );
      assert.equal(bench.span.attributes[STATE], 'ERROR');
      assert.equal(bench.span.status.code, SpanStatusCode.ERROR);
    });

    it('that failed is none', () => {
      const statement = bench.statement();
      statement.opened({});
      statement.beginClose('CANCELED');
      statement.closeFailed('CANCELED');
      statement.callRejected(describeError(canceled), FACTS);
      assert.equal(bench.span.status.code, SpanStatusCode.ERROR);
    });
  });

  it('tells of one close and one cancel at a time, and of none after one that succeeded', () => {
    const statement = bench.statement();
    statement.opened({});
    assert.ok(statement.beginClose('CLOSED'));
    assert.ok(!statement.beginClose('CLOSED'));
    assert.ok(statement.beginClose('CANCELED'));
    assert.ok(!statement.beginClose('CANCELED'));
    statement.closeFailed('CLOSED');
    assert.ok(!statement.beginClose('CANCELED'));
    assert.ok(statement.beginClose('CLOSED'));
    statement.closeFailed('CLOSED');
    statement.closed('CANCELED');
    assert.ok(!statement.beginClose('CLOSED'));
    statement.closeFailed('CANCELED');
    assert.ok(!statement.beginClose('CANCELED'));
  });

  it('counts as active from its opening to its close, once', async () => {
    const [first, second] = [bench.statement(), bench.statement()];
    first.opened({});
    second.opened({});
    assert.equal(await bench.active(), 2);
    first.closed('CLOSED');
    assert.equal(await bench.active(), 1);
    bench.shared.abandonAll();
    second.closed('CLOSED');
    assert.equal(bench.spans.length, 2);
  });

  it('tells the rows that were taken, if any were asked for', async () => {
    const statement = bench.statement();
    statement.opened({});
    statement.totals.fetched(7);
    statement.closed('CLOSED');
    const other = bench.statement();
    other.opened({});
    other.closed('CLOSED');
    const points = await bench.points('db.client.response.returned_rows');
    assert.deepEqual(
      points.map(({ attributes, value }) => [attributes, (value as { count: number }).count]),
      [[METRIC, 1]],
    );
  });

  it('is ended when everything is given up, unless it has ended', () => {
    const open = bench.statement();
    open.opened({});
    const over = bench.statement();
    over.answered(accepted(FINISHED));
    over.opened({});
    assert.equal(bench.spans.length, 1);
    bench.shared.abandonAll();
    assert.equal(bench.spans.length, 2);
    assert.ok(open.hasEnded);
  });

  it('is measured without a span, and traced without a meter', async () => {
    const unseen = bench.statement(bench.shared, false);
    clock.tick(5);
    unseen.submitFailed(describeError(new Error('x')));
    assert.deepEqual(await bench.durations(), [5, 1]);
    assert.equal(bench.spans.length, 0);
    const unmeasured = bench.statement(bench.sharedWith(new Metrics(createNoopMeter())));
    unmeasured.submitFailed(describeError(new Error('x')));
    assert.equal(bench.spans.length, 1);
    assert.deepEqual(await bench.durations(), [5, 1]);
  });

  it('ends its span even when nothing can be written on it', () => {
    const statement = bench.statement();
    assert.ok(statement.span);
    stub(statement.span, 'setAttributes').throws(new Error('of a processor'));
    statement.answered(accepted(FINISHED));
    assert.throws(() => statement.opened({}), /of a processor/);
    assert.equal(bench.spans.length, 1);
  });
});
