import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { HAS_ITERATORS, isDriverAtLeast } from '../support/driver';
import { TestBed } from '../support/test-bed';

const STATE = 'databricks.statement.state';
const RUNNING_FOREVER = 'SELECT 1 /* local-warehouse: polls=forever */';

describe('DBSQLOperation', () => {
  let bed: TestBed;

  before(async () => {
    bed = await TestBed.start();
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
  });

  function parentOf(span: ReadableSpan): ReadableSpan | undefined {
    return bed.spans.find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId);
  }

  it('ends the statement with direct results when executeStatement resolves', async () => {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement('SELECT 1');
      assert.equal(bed.spanOf('execute_statement').attributes[STATE], 'FINISHED');
      await operation.fetchAll();
      await operation.close();
    });
    const { attributes, kind, status } = bed.spanOf('execute_statement');
    assert.equal(kind, SpanKind.CLIENT);
    assert.equal(status.code, SpanStatusCode.UNSET);
    assert.equal(attributes['databricks.statement.direct_results'], true);
    assert.equal(attributes['databricks.statement.poll_count'], 0);
    const close = bed.spanOf('close_statement');
    assert.equal(close.kind, SpanKind.INTERNAL, 'the server closed it with the results');
    assert.equal(close.attributes['databricks.result.row_count'], 1);
    assert.equal(bed.warehouse.requestsTo('CloseOperation').length, 0);
  });

  it('ends a polled statement at the first terminal state, not at its close', async () => {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement('SELECT 1 /* local-warehouse: polls=3 */');
      assert.equal(bed.spansOf('execute_statement').length, 0);
      await operation.finished();
      assert.equal(bed.spansOf('execute_statement').length, 1);
      await operation.fetchAll();
      await operation.close();
    });
    const { attributes } = bed.spanOf('execute_statement');
    assert.equal(attributes[STATE], 'FINISHED');
    assert.equal(attributes['databricks.statement.poll_count'], 3);
    assert.equal(bed.warehouse.statements[0]?.polls, 3);
    assert.ok(Number(attributes['databricks.statement.poll_duration']) > 0);
    assert.equal(attributes['databricks.statement.direct_results'], false);
    assert.equal(bed.spanOf('close_statement').kind, SpanKind.CLIENT);
  });

  for (const call of ['hasMoreRows', 'getSchema', 'fetchChunk', 'status'] as const) {
    it(`sees the terminal state under ${call}`, async () => {
      await bed.withSession(async (session) => {
        const operation = await session.executeStatement('SELECT 1 /* local-warehouse: polls=1 */');
        await operation[call]();
        if (isDriverAtLeast(1, 13) || call !== 'hasMoreRows') {
          assert.equal(bed.spanOf('execute_statement').attributes[STATE], 'FINISHED');
        }
        await operation.close();
      });
      assert.equal(bed.spansOf('execute_statement').length, 1);
    });
  }

  it('shows the error of a statement that fails while it is polled, once', async () => {
    const sql =
      'SELECT * FROM gone /* local-warehouse: polls=2 error=poll:TABLE_OR_VIEW_NOT_FOUND:42P01 */';
    let thrown: unknown;
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(sql);
      thrown = await operation.fetchAll().catch((error: unknown) => error);
      await assert.rejects(operation.fetchAll(), (error: { response?: unknown }) => {
        return error.response === (thrown as { response?: unknown }).response;
      });
      await operation.close();
    });
    const { attributes, status, events } = bed.spanOf('execute_statement');
    assert.equal(attributes[STATE], 'ERROR');
    assert.equal(attributes['error.type'], '42P01');
    assert.equal(attributes['db.response.status_code'], '42P01');
    assert.equal(attributes['databricks.error.condition'], 'TABLE_OR_VIEW_NOT_FOUND');
    assert.equal(attributes['databricks.statement.poll_count'], 2);
    assert.equal(status.code, SpanStatusCode.ERROR);
    assert.equal(status.message, 'TABLE_OR_VIEW_NOT_FOUND, SQLSTATE 42P01');
    assert.deepEqual(
      events.map((event) => [event.name, event.attributes?.['exception.type']]),
      [
        ['databricks.statement.state_change', undefined],
        ['databricks.statement.state_change', undefined],
        ['exception', 'OperationStateError'],
      ],
    );
    const [first, second] = bed.spansOf('fetch');
    for (const fetch of [first, second]) {
      assert.equal(fetch?.status.code, SpanStatusCode.ERROR);
      assert.equal(fetch?.events.length, 0, 'the statement has the exception');
    }
  });

  it('shows the error that came with the submit, before anybody asks for rows', async () => {
    const sql = 'SELECT 1 /* local-warehouse: error=execute:DIVIDE_BY_ZERO:22012 */';
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(sql);
      assert.equal(bed.spanOf('execute_statement').attributes['error.type'], '22012');
      await assert.rejects(operation.finished());
      await operation.close();
    });
    const { attributes, events } = bed.spanOf('execute_statement');
    assert.equal(attributes[STATE], 'ERROR');
    assert.equal(attributes['databricks.error.condition'], 'DIVIDE_BY_ZERO');
    assert.equal(events.length, 1);
    assert.match(String(events[0]?.attributes?.['exception.stacktrace']), /^ {4}at /);
  });

  it('shows a submit that is refused, with the SQLSTATE the error object lacks', async () => {
    const sql = 'SELECT 1 /* local-warehouse: error=submit:PARSE_SYNTAX_ERROR:42601 */';
    await bed.withSession(async (session) => {
      await assert.rejects(session.executeStatement(sql));
    });
    const { attributes, events } = bed.spanOf('execute_statement');
    assert.equal(attributes['error.type'], '42601');
    assert.equal(attributes[STATE], undefined, 'never known');
    assert.equal(attributes['databricks.statement.id'], undefined);
    assert.equal(attributes['databricks.statement.poll_count'], undefined);
    assert.equal(events[0]?.attributes?.['exception.type'], 'StatusError');
    assert.equal(bed.spansOf('close_statement').length, 0);
  });

  it('ends a running statement that is cancelled with the last the server said, as no failure', async () => {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(RUNNING_FOREVER);
      const running = operation.fetchAll();
      await bed.warehouse.answered('GetOperationStatus', 2);
      await operation.cancel();
      await assert.rejects(running);
      await operation.close();
    });
    const { attributes, status, events } = bed.spanOf('execute_statement');
    assert.equal(attributes[STATE], 'CANCELED');
    assert.equal(attributes['error.type'], undefined);
    assert.equal(status.code, SpanStatusCode.UNSET);
    assert.ok(events.every(({ name }) => name === 'databricks.statement.state_change'));
    assert.equal(bed.spanOf('cancel_statement').kind, SpanKind.CLIENT);
    assert.equal(bed.spansOf('close_statement').length, 0, 'close did nothing');
    assert.equal(bed.spanOf('fetch').attributes['error.type'], 'CANCELED');
  });

  it('ends a running statement that is closed with the last the server said', async () => {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(RUNNING_FOREVER);
      const ignored = operation.status();
      await ignored;
      await bed.warehouse.answered('GetOperationStatus', 1);
      await operation.close();
    });
    const statement = bed.spanOf('execute_statement');
    const close = bed.spanOf('close_statement');
    assert.equal(statement.attributes[STATE], 'CLOSED');
    assert.equal(statement.status.code, SpanStatusCode.UNSET);
    assert.ok(milliseconds(statement.endTime) <= milliseconds(close.startTime) + 1);
  });

  it('lets a cancel that fails be repeated', async () => {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(RUNNING_FOREVER);
      bed.warehouse.fault({ match: 'CancelOperation', status: 403, times: 1 });
      await assert.rejects(operation.cancel());
      assert.equal(bed.spansOf('execute_statement').length, 0);
      await operation.cancel();
    });
    assert.deepEqual(
      bed.spansOf('cancel_statement').map(({ status }) => status.code),
      [SpanStatusCode.ERROR, SpanStatusCode.UNSET],
    );
  });

  it('ends a statement whose polling fails with the failing call', async () => {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(RUNNING_FOREVER);
      bed.warehouse.fault({ match: 'GetOperationStatus', status: 403, times: 1 });
      await assert.rejects(operation.finished());
      assert.equal(bed.spanOf('execute_statement').attributes['error.type'], '403');
      assert.equal(bed.spanOf('execute_statement').attributes[STATE], undefined);
      await operation.cancel();
    });
    assert.equal(bed.spansOf('execute_statement').length, 1);
  });

  it('does not end a statement because a question for its status failed', async () => {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement('SELECT 1 /* local-warehouse: polls=2 */');
      bed.warehouse.fault({ match: 'GetOperationStatus', status: 403, times: 1 });
      await assert.rejects(operation.status());
      assert.equal(bed.spansOf('execute_statement').length, 0);
      await operation.fetchAll();
    });
    assert.equal(bed.spanOf('execute_statement').attributes[STATE], 'FINISHED');
  });

  it('traces a statement without a result set', async () => {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(
        'CREATE TABLE t (a INT) /* local-warehouse: polls=1 */',
      );
      await operation.finished();
      await operation.close();
    });
    assert.equal(bed.spanOf('execute_statement').attributes[STATE], 'FINISHED');
  });

  it('tells of a close once, however often it is called', async () => {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(
        'SELECT 1 /* local-warehouse: direct=off */',
      );
      await Promise.allSettled([operation.close(), operation.close()]);
      await operation.close();
    });
    assert.equal(bed.spansOf('close_statement').length, 1);
  });

  it('counts rows once, whichever way they are taken', async function () {
    if (!HAS_ITERATORS) this.skip();
    const sql = 'SELECT * FROM range(30) /* local-warehouse: arrow=3 pages=3 */';
    await bed.withSession(async (session) => {
      const all = await session.executeStatement(sql);
      await all.fetchAll();
      await all.close();

      const chunks = await session.executeStatement(sql);
      for await (const chunk of chunks.iterateChunks({ autoClose: true })) assert.ok(chunk);

      const rows = await session.executeStatement(sql);
      for await (const row of rows.iterateRows()) assert.ok(row);
      await rows.close();

      const streamed = await session.executeStatement(sql);
      const stream = streamed.toNodeStream({ mode: 'rows', iteratorOptions: { autoClose: true } });
      stream.resume();
      await once(stream, 'end');
    });
    const closes = bed.spansOf('close_statement');
    assert.deepEqual(
      closes.map(({ attributes }) => [
        attributes['databricks.result.row_count'],
        attributes['databricks.result.chunk_count'],
        attributes['databricks.result.chunks_present'],
      ]),
      Array.from({ length: 4 }, () => [30, 3, 3]),
    );
  });

  it('tells what was consumed of a stream that is destroyed half-way, and of an iteration that throws', async function () {
    if (!HAS_ITERATORS) this.skip();
    const sql = 'SELECT * FROM range(30) /* local-warehouse: arrow=3 pages=3 */';
    await bed.withSession(async (session) => {
      const streamed = await session.executeStatement(sql);
      const stream = streamed.toNodeStream({
        mode: 'rows',
        iteratorOptions: { autoClose: true },
      });
      await once(stream, 'readable');
      stream.read();
      stream.destroy();
      await once(stream, 'close');

      const thrown = await session.executeStatement(sql);
      await assert.rejects(async () => {
        for await (const row of thrown.iterateRows()) {
          throw Object.assign(new Error('stop'), { row });
        }
      });
    });
    const closes = bed.spansOf('close_statement');
    assert.equal(closes.length, 2);
    assert.equal(closes[1]?.attributes['databricks.result.row_count'], 10);
    assert.equal(closes[1]?.attributes['databricks.result.chunk_count'], 1);
  });

  it('tells how long the rows took to come and to be taken', async () => {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(
        'SELECT * FROM range(30) /* local-warehouse: arrow=3 pages=3 fetch-delay=30 */',
      );
      await operation.fetchAll();
      await operation.close();
    });
    const { attributes } = bed.spanOf('close_statement');
    assert.ok(Number(attributes['databricks.result.ready_duration']) > 0);
    const consumed = Number(attributes['databricks.result.consumption_duration']);
    assert.ok(consumed > 0.02 && consumed < 5, String(consumed));
  });

  it('knows what was offered and never asked for', async () => {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement('SELECT * FROM range(3)');
      await operation.close();
    });
    const { attributes } = bed.spanOf('close_statement');
    assert.equal(attributes['databricks.result.row_count'], 0);
    assert.equal(attributes['databricks.result.chunk_count'], 0);
    assert.equal(attributes['databricks.result.chunks_present'], 1);
    assert.equal(attributes['databricks.result.ready_duration'], undefined);
  });

  it('hangs later calls below the caller, or below the statement, and links them to it', async () => {
    const tracer = bed.provider.getTracer('application');
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement('SELECT 1');
      const request = tracer.startSpan('request');
      await context.with(trace.setSpan(context.active(), request), () => operation.fetchChunk());
      request.end();
      await operation.fetchChunk().catch(() => {});
      await operation.close();
    });
    const statement = bed.spanOf('execute_statement');
    const [below, alone] = bed.spansOf('fetch');
    assert.ok(below && alone);
    assert.equal(parentOf(below)?.name, 'request');
    assert.equal(parentOf(alone), statement);
    for (const span of [below, alone, bed.spanOf('close_statement')]) {
      assert.equal(span.links[0]?.context.spanId, statement.spanContext().spanId);
      assert.equal(
        span.attributes['databricks.statement.id'],
        statement.attributes['databricks.statement.id'],
      );
    }
  });

  it('makes no spans for fetches that nobody samples, and still counts', async () => {
    bed.sampler = new AlwaysOffSampler();
    const started: string[] = [];
    const client = await bed.connect();
    const session = await client.openSession();
    bed.sampler = {
      shouldSample: (_context, _trace, name) => {
        started.push(name);
        return { decision: name === 'close' ? 1 : 0 };
      },
      toString: () => 'records closes',
    };
    const operation = await session.executeStatement(
      'SELECT * FROM range(20) /* local-warehouse: arrow=2 pages=2 polls=1 */',
    );
    await operation.fetchAll();
    await operation.close();
    await session.close();
    await client.close();
    assert.deepEqual(started, ['SELECT range', 'close', 'closeSession']);
  });

  it('reads the SQLSTATE of a refused submit from the response, when the message has none', async () => {
    bed.warehouse.script('refused', {
      error: { at: 'submit', sqlState: '42601', message: 'It is refused.' },
    });
    await bed.withSession(async (session) => {
      await assert.rejects(session.executeStatement('SELECT refused'));
    });
    const { attributes } = bed.spanOf('execute_statement');
    assert.equal(attributes['db.response.status_code'], '42601');
    assert.equal(attributes['error.type'], '42601');
  });

  it('ends the span of an unsampled fetch that fails after the statement', async () => {
    bed.sampler = {
      // The error is among the attributes at creation: a sampler can keep this span alone.
      shouldSample: (_context, _trace, _name, _kind, attributes) => ({
        decision: attributes['error.type'] === undefined ? 0 : 2,
      }),
      toString: () => 'samples failures only',
    };
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(
        'SELECT * FROM range(20) /* local-warehouse: arrow=2 pages=2 error=fetch@1:INTERNAL_ERROR:XX000 */',
      );
      await assert.rejects(operation.fetchAll());
    });
    const span = bed.spanOf('fetch');
    assert.equal(span.attributes['error.type'], 'XX000');
    assert.equal(span.status.code, SpanStatusCode.ERROR);
  });

  it('tells of a fetch that fails after the statement, even when nobody samples it', async () => {
    const started: [string, unknown][] = [];
    bed.sampler = {
      shouldSample: (_context, _trace, name, _kind, attributes) => {
        started.push([name, attributes['error.type']]);
        return { decision: 0 };
      },
      toString: () => 'watching sampler',
    };
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(
        'SELECT * FROM range(20) /* local-warehouse: arrow=2 pages=2 error=fetch@1:INTERNAL_ERROR:XX000 */',
      );
      await assert.rejects(operation.fetchAll());
    });
    assert.deepEqual(
      started.filter(([name]) => name === 'fetchChunk'),
      [['fetchChunk', 'XX000']],
    );
  });

  it('tells what a finished statement had come to when reading it fails', async () => {
    await bed.withSession(async (session) => {
      const operation = await session.executeStatement(
        'SELECT * FROM range(20) /* local-warehouse: arrow=2 pages=2 direct=off lz4=off error=fetch@1 */',
        { useCloudFetch: false },
      );
      await assert.rejects(operation.fetchAll());
      await operation.close();
    });
    // Of the statement, or of a later fetch where the driver returns page by page.
    const failed = bed.spans.find(
      ({ status, attributes }) =>
        status.code === SpanStatusCode.ERROR &&
        attributes['databricks.result.row_count'] !== undefined,
    );
    for (const span of [failed, bed.spanOf('close_statement')]) {
      assert.equal(span?.attributes['databricks.result.format'], 'inline_arrow');
      assert.equal(span?.attributes['databricks.result.chunks_present'], 1);
      assert.equal(span?.attributes['databricks.result.compressed'], false);
    }
  });

  it('makes no fetch spans when they are not wanted', async () => {
    bed.instrumentation.setConfig({ fetchSpans: false });
    await bed.withSession(async (session) => {
      await (await session.executeStatement('SELECT 1')).fetchAll();
    });
    assert.equal(bed.spansOf('fetch').length, 0);
    assert.equal(bed.spanOf('close_statement').attributes['databricks.result.row_count'], 1);
  });

  it('starts no trace of its own when a parent is required', async () => {
    bed.instrumentation.setConfig({ requireParentSpan: true });
    const tracer = bed.provider.getTracer('application');
    await bed.withSession(async (session) => {
      await (await session.executeStatement('SELECT 1')).fetchAll();
      const request = tracer.startSpan('request');
      await context.with(trace.setSpan(context.active(), request), async () => {
        await session.executeStatement('SELECT 2');
      });
      request.end();
    });
    assert.equal(bed.spansOf('execute_statement').length, 1);
    assert.equal(parentOf(bed.spanOf('execute_statement'))?.name, 'request');
    assert.equal(bed.spansOf('connect').length, 0);
  });
});

function milliseconds([seconds, nanoseconds]: ReadableSpan['endTime']): number {
  return seconds * 1e3 + nanoseconds / 1e6;
}
