import assert from 'node:assert/strict';
import { Accounting } from '../../../src/accounting';
import type { SpanRecord } from '../../../src/processor/join/span-record';
import { StatementAggregator } from '../../../src/processor/join/statement-aggregator';
import type { ReadableSpan } from '../../../src/otel';
import { DiagRecorder } from '../../diag-recorder';
import { CONNECTION_ID, SpanSource } from '../../spans';
import { lineOf } from '../../test-exporter';

/** An aggregator fed by real spans, and what it made of them. */
class Bench {
  readonly accounting = new Accounting();
  readonly records: SpanRecord[] = [];
  readonly urgent: boolean[] = [];
  readonly aggregator: StatementAggregator;
  readonly driver: SpanSource;

  constructor(options: { maxStatements?: number } = {}) {
    this.aggregator = new StatementAggregator(
      { maxStatements: 5_000, ...options },
      this.accounting,
      {
        turnsAway: () => false,
        offer: (record) => {
          this.accounting.offered += 1;
          this.records.push(record);
        },
      },
    );
    this.driver = new SpanSource([
      {
        onStart: () => undefined,
        onEnd: (span: ReadableSpan) => {
          this.urgent.push(this.aggregator.end(span));
        },
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ]);
  }

  get lines(): string[] {
    return this.records.map(lineOf);
  }

  /** Whether the span that ended last asked for a flush. */
  get isUrgent(): boolean {
    return this.urgent.at(-1) === true;
  }
}

const RETRYABLE = { type: '503', retryable: true } as const;
const TERMINAL = { type: '42P01', retryable: false, own: true } as const;
const STATEMENT = 'operation execute_statement s1';
const FAILED = 'failed execute_statement s1';
const CANCELED = ['operation cancel_statement s1', 'canceled execute_statement s1'];

/** The completion of a statement with three downloads and two fetches, and a close with these attributes. */
function totals(closing: Record<string, number> | undefined): Record<string, unknown> {
  const bench = new Bench();
  bench.driver.execute('s1');
  const download = (index: number, seconds: number, size: number): void =>
    bench.driver.of('s1', 'cloudfetch_download', {
      attributes: {
        'databricks.cloudfetch.chunk_index': index,
        'databricks.cloudfetch.size': size,
        'databricks.result.compressed': index === 1,
      },
      times: [
        [100, 0],
        [100 + seconds, 0],
      ],
    });
  download(1, 4, 30);
  download(0, 2, 20);
  download(2, 0, 10);
  bench.driver.of('s1', 'fetch', { attributes: { 'databricks.fetch.row_count': 6 } });
  bench.driver.of('s1', 'fetch', { attributes: { 'databricks.fetch.row_count': 5 } });
  if (closing === undefined) bench.aggregator.close();
  else bench.driver.close('s1', { attributes: closing });
  return { ...bench.records[0]?.join.completion };
}

describe('StatementAggregator: connections and sessions', () => {
  it('a connection makes no record; its facts travel with every record of it', () => {
    const { driver, records, lines } = new Bench();
    driver.connect({ 'databricks.driver.version': '2.1.0' });
    assert.deepEqual(lines, []);
    driver.openSession();
    driver.execute('s1', { failure: TERMINAL });
    assert.equal(records.length, 2);
    for (const { join } of records) {
      assert.equal(join.connection?.['databricks.driver.version'], '2.1.0');
    }
  });

  it('sessions need no completion; open and close are distinct records', () => {
    const bench = new Bench();
    bench.driver.openSession();
    bench.driver.closeSession();
    assert.deepEqual(bench.lines, ['operation open_session', 'operation close_session']);
    assert.ok(!bench.isUrgent);
  });

  it('a session is opened once and closed once', () => {
    const bench = new Bench();
    bench.driver.openSession();
    bench.driver.openSession();
    bench.driver.closeSession();
    bench.driver.closeSession();
    assert.deepEqual(bench.lines, ['operation open_session', 'operation close_session']);
    assert.equal(bench.aggregator.late, 2);
  });

  it('a failed connect is an error at once', () => {
    const bench = new Bench();
    bench.driver.connect({}, { type: '403' });
    assert.deepEqual(bench.lines, ['error connect']);
    assert.ok(bench.isUrgent);
  });

  it('a failed openSession is one record', () => {
    const bench = new Bench();
    bench.driver.span('open_session', { failure: { type: '401' } });
    assert.deepEqual(bench.lines, ['failed open_session']);
    assert.ok(bench.isUrgent);
  });

  it('the close of a session completes what is left of it, and of no other', () => {
    const bench = new Bench();
    bench.driver.execute('s1');
    bench.driver.execute('s2', { attributes: { 'databricks.session.id': 'other' } });
    bench.driver.closeSession();
    assert.deepEqual(bench.lines, [STATEMENT, 'operation close_session']);
    assert.equal(bench.aggregator.statements, 1);
  });

  it('a session whose close failed is still open', () => {
    const bench = new Bench();
    bench.driver.execute('s1');
    bench.driver.closeSession(undefined, RETRYABLE);
    assert.deepEqual(bench.lines, ['failed close_session']);
    bench.driver.closeSession();
    assert.deepEqual(bench.lines.slice(1), [STATEMENT, 'operation close_session']);
  });

  it('skips connections whose driver reports by itself, and names the option once', () => {
    const diag = new DiagRecorder().install();
    const bench = new Bench();
    const live = { 'databricks.driver.telemetry_enabled': true };
    bench.driver.connect();
    bench.driver.openSession('session 1', live);
    bench.driver.openSession('session 2', live);
    bench.driver.execute('s1', { failure: TERMINAL });
    bench.driver.closeSession('session 1');
    const other = { 'databricks.connection.id': 'other' };
    bench.driver.execute('s2', { attributes: other });
    bench.driver.close('s2', { attributes: other });
    diag.remove();
    assert.deepEqual(bench.lines, ['operation execute_statement s2']);
    assert.equal(bench.aggregator.skipped, 4);
    assert.equal(diag.warnings("driverTelemetry: 'replace'"), 1);
  });

  it('forgets the oldest connection beyond 1 000', () => {
    const bench = new Bench();
    for (let index = 0; index < 1_001; index += 1) {
      bench.driver.connect({ 'databricks.connection.id': `c${index}` });
    }
    assert.equal(bench.aggregator.entries, 1_000);
    bench.driver.span('open_session', { attributes: { 'databricks.connection.id': 'c0' } });
    bench.driver.span('open_session', { attributes: { 'databricks.connection.id': 'c1' } });
    assert.equal(bench.records[0]?.join.connection, undefined);
    assert.ok(bench.records[1]?.join.connection);
  });

  it('a closed connection completes its statements and is forgotten', () => {
    const bench = new Bench();
    bench.driver.connect();
    bench.driver.execute('s1');
    bench.aggregator.completeConnection(CONNECTION_ID);
    bench.aggregator.forgetConnection(CONNECTION_ID);
    assert.deepEqual(bench.lines, [STATEMENT]);
    assert.equal(bench.aggregator.statements, 0);
    assert.equal(bench.aggregator.entries, 1, 'the id of the finished statement');
  });
});

describe('StatementAggregator: one record per statement', () => {
  it('a statement waits for its completion, whose attributes it is joined with', () => {
    const bench = new Bench();
    bench.driver.execute('s1');
    assert.deepEqual(bench.lines, []);
    bench.driver.close('s1', { attributes: { 'databricks.result.row_count': 7 } });
    assert.deepEqual(bench.lines, [STATEMENT]);
    assert.equal(bench.records[0]?.join.completion?.['databricks.result.row_count'], 7);
  });

  for (const operation of ['get_tables', 'get_type_info', 'get_cross_reference'] as const) {
    it(`${operation} lives like a statement`, () => {
      const bench = new Bench();
      bench.driver.of('m1', operation);
      bench.driver.close('m1');
      assert.deepEqual(bench.lines, [`operation ${operation} m1`]);
    });
  }

  it('get_info is a record of its own', () => {
    const bench = new Bench();
    bench.driver.span('get_info');
    assert.deepEqual(bench.lines, ['operation get_info']);
  });

  it('the completion of an unknown statement is no record', () => {
    const bench = new Bench();
    bench.driver.close('unknown');
    bench.aggregator.close();
    assert.deepEqual(bench.lines, []);
    assert.equal(bench.aggregator.late, 1);
  });

  it('of two closes the first counts, before the statement as well', () => {
    const bench = new Bench();
    bench.driver.close('s1', { attributes: { 'databricks.result.row_count': 7 } });
    bench.driver.close('s1', { attributes: { 'databricks.result.row_count': 8 } });
    bench.driver.execute('s1');
    assert.equal(bench.records[0]?.join.completion?.['databricks.result.row_count'], 7);
  });

  it('a close that ends before its statement completes it all the same', () => {
    const bench = new Bench();
    bench.driver.close('s1', { attributes: { 'databricks.result.row_count': 7 } });
    bench.driver.execute('s1');
    assert.deepEqual(bench.lines, [STATEMENT]);
    assert.equal(bench.records[0]?.join.completion?.['databricks.result.row_count'], 7);
    assert.equal(bench.aggregator.entries, 1, 'the id of the finished statement');
  });

  const ghosts: Record<string, (driver: SpanSource) => void> = {
    'a second close': (driver) => driver.close('s1'),
    'a cancel after the close': (driver) => driver.of('s1', 'cancel_statement'),
    'a late download': (driver) => driver.of('s1', 'cloudfetch_download'),
    'a late fetch': (driver) => driver.of('s1', 'fetch'),
    'the same statement again': (driver) => driver.execute('s1'),
    'the close of its session': (driver) => driver.closeSession(),
  };
  for (const [name, late] of Object.entries(ghosts)) {
    it(`${name} makes no ghost, after a close, a cancel or a terminal error (defect 5)`, () => {
      for (const end of [
        (driver: SpanSource) => driver.close('s1'),
        (driver: SpanSource) => driver.of('s1', 'cancel_statement'),
        (driver: SpanSource) => driver.close('s1', { failure: TERMINAL }),
      ]) {
        const bench = new Bench();
        bench.driver.execute('s1');
        end(bench.driver);
        late(bench.driver);
        late(bench.driver);
        bench.aggregator.close();
        assert.equal(
          bench.lines.filter((line) => line.endsWith(' execute_statement s1')).length,
          1,
        );
        assert.ok(bench.aggregator.late >= 1);
        assert.equal(bench.aggregator.entries, 0);
      }
    });
  }

  it('a failed cancel does not complete the statement', () => {
    const bench = new Bench();
    bench.driver.execute('s1');
    bench.driver.of('s1', 'cancel_statement', { failure: RETRYABLE });
    assert.deepEqual(bench.lines, ['failed cancel_statement s1']);
    bench.driver.close('s1');
    assert.deepEqual(bench.lines.slice(1), [STATEMENT]);
  });

  it('without a statement id it is a record of its own', () => {
    const bench = new Bench();
    bench.driver.span('execute_statement');
    assert.deepEqual(bench.lines, ['operation execute_statement']);
  });

  it('staging joins its statement; without an id it is a record of its own', () => {
    const bench = new Bench();
    bench.driver.of('s1', 'staging_put', { attributes: { 'databricks.staging.size': 5 } });
    bench.driver.span('staging_get');
    bench.driver.execute('s1');
    bench.driver.close('s1');
    assert.deepEqual(bench.lines, ['operation staging_get', STATEMENT]);
    assert.equal(bench.records[1]?.join.staging?.['databricks.staging.size'], 5);
  });
});

describe('StatementAggregator: totals of a close that has none', () => {
  const rebuilt = {
    'databricks.result.row_count': 11,
    'databricks.result.format': 'cloudfetch',
    'databricks.result.chunk_count': 3,
    'databricks.result.size': 60,
    'databricks.result.compressed': true,
    'databricks.cloudfetch.first_duration': 2,
    'databricks.cloudfetch.slowest_duration': 4,
    'databricks.cloudfetch.total_duration': 6,
  };

  it('counts and bytes add up; first by index, slowest, sum; no positive duration: counted, not timed', () => {
    assert.deepEqual(totals(undefined), rebuilt);
  });

  it('they complete a close without totals', () => {
    const completion = totals({ 'databricks.http.retry_count': 2 });
    assert.equal(completion['databricks.http.retry_count'], 2);
    for (const [name, value] of Object.entries(rebuilt)) assert.equal(completion[name], value);
  });

  it("a close's own totals are not touched", () => {
    const completion = totals({ 'databricks.result.row_count': 1 });
    assert.equal(completion['databricks.result.row_count'], 1);
    assert.equal(completion['databricks.result.chunk_count'], undefined);
  });

  it('are not rebuilt for a producer whose closes have them', () => {
    const bench = new Bench();
    bench.driver.execute('s0');
    bench.driver.close('s0', { attributes: { 'databricks.result.row_count': 1 } });
    bench.driver.execute('s1');
    bench.driver.of('s1', 'fetch', { attributes: { 'databricks.fetch.row_count': 6 } });
    bench.aggregator.close();
    assert.equal(bench.records[1]?.join.completion, undefined);
  });

  it('no value, no attribute', () => {
    const bench = new Bench();
    bench.driver.execute('s1');
    bench.driver.of('s1', 'fetch');
    bench.aggregator.close();
    assert.deepEqual(bench.records[0]?.join.completion, {});
  });
});

/** The retries in the completion of a statement whose fetch failed with these attributes. */
function retriesAfterFailure(attributes: Record<string, number>): unknown {
  const bench = new Bench();
  bench.driver.execute('s1');
  bench.driver.of('s1', 'fetch', { failure: TERMINAL, attributes });
  return bench.records[0]?.join.completion?.['databricks.http.retry_count'];
}

describe('StatementAggregator: errors', () => {
  it('a terminal error of the statement is reported at once, in its record', () => {
    const bench = new Bench();
    bench.driver.execute('s1', { failure: TERMINAL });
    assert.deepEqual(bench.lines, [FAILED]);
    assert.ok(bench.isUrgent);
  });

  it('a terminal error of a later call completes the statement', () => {
    const bench = new Bench();
    bench.driver.execute('s1');
    bench.driver.of('s1', 'fetch', { failure: TERMINAL });
    assert.deepEqual(bench.lines, [FAILED]);
    assert.ok(bench.isUrgent);
  });

  it('a terminal error of a later call tells what the statement had come to', () => {
    const bench = new Bench();
    bench.driver.execute('s1');
    const attributes = { 'databricks.result.row_count': 3 };
    bench.driver.of('s1', 'fetch', { failure: TERMINAL, attributes });
    assert.equal(bench.records[0]?.join.completion?.['databricks.result.row_count'], 3);
  });

  it('a retryable error waits with the statement and is in its record', () => {
    const bench = new Bench();
    bench.driver.execute('s1');
    bench.driver.of('s1', 'cloudfetch_download', { failure: { ...RETRYABLE, own: true } });
    assert.deepEqual(bench.lines, []);
    bench.driver.close('s1');
    assert.deepEqual(bench.lines, [FAILED]);
    assert.ok(!bench.isUrgent);
  });

  it('calls without a statement id are told too, retryable or not', () => {
    const bench = new Bench();
    bench.driver.span('execute_statement', { failure: RETRYABLE });
    assert.ok(!bench.isUrgent);
    bench.driver.span('execute_statement', { failure: TERMINAL });
    assert.ok(bench.isUrgent);
    assert.deepEqual(bench.lines, ['failed execute_statement', 'failed execute_statement']);
  });

  it('of many retryable failures the first is reported', () => {
    const bench = new Bench();
    bench.driver.execute('s1');
    for (let index = 0; index < 10; index += 1) {
      bench.driver.of('s1', 'fetch', {
        failure: { type: `E${index}`, own: true, retryable: true },
      });
    }
    bench.driver.close('s1');
    assert.deepEqual(bench.lines, ['failed execute_statement s1']);
    assert.equal(bench.records[0]?.join.failure?.attributes['error.type'], 'E0');
    assert.equal(bench.accounting.offered, 1);
  });

  it('a later call that failed completes it with its totals, and with nothing else', () => {
    const retries = { 'databricks.http.retry_count': 2 };
    assert.equal(retriesAfterFailure({ ...retries, 'databricks.result.row_count': 1 }), 2);
    assert.equal(retriesAfterFailure(retries), undefined);
  });

  it('the call itself does not complete it, whatever it says', () => {
    const bench = new Bench();
    const attributes = { 'databricks.result.row_count': 1 };
    bench.driver.execute('s1', { failure: TERMINAL, attributes });
    assert.equal(bench.records[0]?.join.completion, undefined);
  });

  it('a failure that surfaced on other spans is told once', () => {
    const bench = new Bench();
    bench.driver.execute('s1');
    bench.driver.of('s1', 'cloudfetch_download', { failure: { ...RETRYABLE, own: true } });
    bench.driver.of('s1', 'fetch', { failure: RETRYABLE });
    bench.driver.of('s1', 'fetch', { failure: { type: 'ECONNRESET' } });
    bench.driver.close('s1');
    assert.deepEqual(bench.lines, [FAILED]);
  });

  it('a terminal error that surfaced on a fetch before the statement ended is told once, by the statement', () => {
    const bench = new Bench();
    bench.driver.of('s1', 'fetch', { failure: { type: TERMINAL.type, retryable: false } });
    assert.deepEqual(bench.lines, []);
    bench.driver.execute('s1', { failure: TERMINAL });
    assert.deepEqual(bench.lines, [FAILED]);
    assert.ok(bench.isUrgent);
    bench.driver.close('s1');
    assert.equal(bench.records.length, 1);
  });

  it('what fails because of a cancel is no failure, before and after it', () => {
    const bench = new Bench();
    const canceled = { failure: { type: 'CANCELED', own: true } };
    bench.driver.execute('s1');
    bench.driver.of('s1', 'cloudfetch_download', canceled);
    bench.driver.of('s1', 'cancel_statement');
    bench.driver.of('s1', 'fetch', canceled);
    assert.deepEqual(bench.lines, CANCELED);
    bench.driver.execute('s2', canceled);
    assert.deepEqual(bench.lines.slice(2), ['failed execute_statement s2']);
  });

  it('a late failure of its own stands alone; one that merely surfaced is counted', () => {
    const bench = new Bench();
    bench.driver.execute('s1');
    bench.driver.close('s1');
    bench.driver.of('s1', 'cloudfetch_download', { failure: TERMINAL });
    bench.driver.of('s1', 'fetch', { failure: { type: TERMINAL.type } });
    assert.deepEqual(bench.lines, [STATEMENT, 'error cloudfetch_download s1']);
    assert.equal(bench.aggregator.late, 2);
  });

  it('errors of a statement that never ended stand alone in the end', () => {
    const bench = new Bench();
    bench.driver.of('s1', 'fetch', { failure: TERMINAL });
    bench.aggregator.close();
    assert.deepEqual(bench.lines, ['error fetch s1']);
    assert.equal(bench.aggregator.entries, 0);
  });
});

describe('StatementAggregator: bounds', () => {
  it('the cap emits the oldest, with its errors', () => {
    const bench = new Bench({ maxStatements: 2 });
    bench.driver.execute('s1');
    bench.driver.of('s1', 'fetch', { failure: RETRYABLE });
    bench.driver.execute('s2');
    bench.driver.execute('s3');
    assert.deepEqual(bench.lines, [FAILED]);
    assert.equal(bench.aggregator.statements, 2);
  });

  it('so do 16 MiB of statement texts', () => {
    const bench = new Bench();
    const text = 'x'.repeat(4 * 1024 * 1024);
    for (let index = 1; index <= 5; index += 1) {
      bench.driver.execute(`s${index}`, { attributes: { 'db.query.text': text } });
    }
    assert.deepEqual(bench.lines, [STATEMENT, 'operation execute_statement s2']);
  });

  it('statements that were closed no longer count', () => {
    const bench = new Bench();
    const shape = { attributes: { 'db.query.text': 'x'.repeat(4 * 1024 * 1024) } };
    for (let index = 1; index <= 5; index += 1) {
      bench.driver.execute(`s${index}`, shape);
      bench.driver.close(`s${index}`);
    }
    bench.driver.execute('s6', shape);
    assert.equal(bench.records.length, 5);
    assert.equal(bench.aggregator.statements, 1);
  });

  it('an idle statement is emitted after 12 sweeps; one that is heard of is not', () => {
    const bench = new Bench();
    bench.driver.execute('s1');
    bench.driver.execute('s2');
    for (let sweep = 0; sweep < 11; sweep += 1) bench.aggregator.sweepIdle(12);
    assert.deepEqual(bench.lines, []);
    bench.driver.of('s2', 'fetch');
    bench.aggregator.sweepIdle(12);
    assert.deepEqual(bench.lines, [STATEMENT]);
  });

  it('a statement that still runs is never given up by age (defect 19: those of over an hour were)', () => {
    const bench = new Bench();
    bench.driver.of('s1', 'fetch', { attributes: { 'databricks.fetch.row_count': 4 } });
    for (let sweep = 0; sweep < 100; sweep += 1) bench.aggregator.sweepIdle(12);
    bench.driver.execute('s1');
    bench.driver.close('s1');
    assert.equal(bench.records[0]?.join.completion?.['databricks.result.row_count'], 4);
  });

  it('spans of statements that never end do not gather', () => {
    const bench = new Bench();
    for (let index = 0; index < 3_000; index += 1) bench.driver.of(`s${index}`, 'fetch');
    assert.equal(bench.aggregator.entries, 1_000 + 1_024);
    assert.equal(bench.aggregator.late, 2_000);
  });

  it('identifiers of a megabyte are not kept', () => {
    const bench = new Bench();
    const id = 'x'.repeat(1024 * 1024);
    bench.driver.execute(id);
    bench.driver.close(id);
    assert.deepEqual(
      bench.records.map(({ join }) => join.kind),
      ['operation'],
    );
    assert.equal(bench.aggregator.entries, 0);
    assert.ok((bench.records[0]?.bytes ?? 0) > id.length);
  });
});

describe('StatementAggregator: what is told of each span', () => {
  it('a session that is closed without an id completes nothing', () => {
    const bench = new Bench();
    bench.driver.span('execute_statement', { attributes: { 'databricks.statement.id': 's1' } });
    bench.driver.span('close_session');
    assert.deepEqual(bench.lines, ['operation close_session']);
    assert.equal(bench.aggregator.statements, 1);
  });

  it('a connect may say that the driver reports its connection by itself', () => {
    const bench = new Bench();
    bench.driver.connect({ 'databricks.driver.telemetry_enabled': true });
    bench.driver.openSession();
    assert.deepEqual(bench.lines, []);
    assert.equal(bench.aggregator.skipped, 2);
    assert.ok(!bench.isUrgent);
  });

  it('nothing that makes no record is urgent', () => {
    const bench = new Bench();
    bench.driver.connect();
    assert.ok(!bench.isUrgent);
    bench.driver.openSession();
    bench.driver.openSession();
    assert.ok(!bench.isUrgent);
    bench.driver.execute('s1');
    bench.driver.close('s1');
    bench.driver.execute('s1');
    assert.ok(!bench.isUrgent);
  });

  it('a close adds to what a record is estimated to keep', () => {
    const bench = new Bench();
    bench.driver.execute('s1');
    bench.driver.execute('s2');
    bench.driver.close('s2');
    bench.aggregator.close();
    const [closed = 0, open = 0] = bench.records.map(({ bytes }) => bytes);
    assert.equal(closed - open, 1_024);
  });

  it('what the sink turns away is not made', () => {
    const asked: boolean[] = [];
    const offered: SpanRecord[] = [];
    const aggregator = new StatementAggregator({ maxStatements: 10 }, new Accounting(), {
      turnsAway: (isError) => {
        asked.push(isError);
        return !isError;
      },
      offer: (record) => offered.push(record),
    });
    const failed = {
      status: { code: 2 },
      attributes: { 'databricks.operation': 'get_info' },
      events: [],
    } as unknown as ReadableSpan;
    aggregator.end(failed);
    assert.deepEqual(asked, [true]);
    assert.deepEqual(
      offered.map(({ isError }) => isError),
      [true],
    );
    for (const operation of ['execute_statement', 'close_statement']) {
      aggregator.end({
        attributes: { 'databricks.operation': operation, 'databricks.statement.id': 's1' },
      } as unknown as ReadableSpan);
    }
    assert.deepEqual(asked, [true, false]);
    assert.equal(offered.length, 1);
  });

  it('a statement without a close is estimated to keep what its downloads add up to', () => {
    const bench = new Bench();
    bench.driver.execute('s1');
    bench.driver.execute('s2');
    bench.driver.of('s2', 'cloudfetch_download');
    bench.aggregator.close();
    const [alone = 0, downloaded = 0] = bench.records.map(({ bytes }) => bytes);
    assert.equal(downloaded - alone, 1_024);
  });
});
