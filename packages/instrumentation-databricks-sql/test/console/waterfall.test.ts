import * as assert from 'node:assert/strict';
import { SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Attributes, HrTime } from '@opentelemetry/api';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import * as fc from 'fast-check';
import { ConsoleWaterfallExporter, toText } from '../../src/console';
import type { FinishedSpan } from '../../src/console';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const ESCAPE = '\u001b';

interface SpanFacts {
  readonly id: string;
  readonly name?: string;
  readonly parent?: string;
  readonly remoteParent?: boolean;
  readonly traceId?: string;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly attributes?: Attributes;
  readonly failed?: boolean;
}

function time(ms: number): HrTime {
  return [1_700_000_000 + Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}

function span(facts: SpanFacts): FinishedSpan {
  const context = (spanId: string) => ({
    traceId: facts.traceId ?? TRACE_ID,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
  });
  return {
    name: facts.name ?? facts.id,
    spanContext: () => context(facts.id),
    parentSpanContext:
      facts.parent === undefined
        ? undefined
        : { ...context(facts.parent), isRemote: facts.remoteParent ?? false },
    startTime: time(facts.startMs ?? 0),
    endTime: time(facts.endMs ?? 10),
    status: { code: facts.failed === true ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: facts.attributes ?? {},
  };
}

const statement = span({
  id: 'stmt',
  name: 'SELECT range',
  endMs: 40,
  attributes: {
    'databricks.operation': 'execute_statement',
    'databricks.statement.id': 's1',
    'databricks.statement.poll_count': 3,
  },
});
const close = span({
  id: 'close',
  name: 'close',
  parent: 'stmt',
  startMs: 90,
  endMs: 100,
  attributes: {
    'databricks.operation': 'close_statement',
    'databricks.statement.id': 's1',
    'databricks.result.row_count': 100_000,
    'databricks.result.chunk_count': 20,
    'databricks.result.size': 3_355_443,
    'databricks.result.format': 'cloudfetch',
  },
});

function collector(isTTY = false, columns?: number) {
  const chunks: string[] = [];
  return {
    isTTY,
    columns,
    write: (text: string) => chunks.push(text),
    text: () => chunks.join(''),
    writes: () => chunks.length,
  };
}

function exported(exporter: ConsoleWaterfallExporter, ...spans: FinishedSpan[]): void {
  exporter.export(spans, (result) => assert.deepStrictEqual(result, { code: 0 }));
}

describe('console waterfall', function () {
  this.timeout(20_000);

  describe('toText', () => {
    it('aligns a tree with bars, durations and facts', () => {
      const text = toText([close, statement], { width: 100 });
      assert.deepStrictEqual(text.split('\n'), [
        'SELECT range ▕███████████                 ▏  40.0 ms 3 polls',
        '└─ close     ▕                         ███▏  10.0 ms 100,000 rows · 20 chunks · 3.2 MiB · cloudfetch',
        '',
      ]);
    });

    it('folds siblings of one name with what is beneath them and adds up their figures', () => {
      const fetches = Array.from({ length: 5 }, (_, index) =>
        span({ id: `f${index}`, name: 'fetchChunk', parent: 'stmt', startMs: 40, endMs: 70 }),
      );
      const downloads = Array.from({ length: 20 }, (_, index) =>
        span({
          id: `d${index}`,
          name: 'cloudfetch.download',
          parent: `f${index % 5}`,
          startMs: 40 + index,
          endMs: 45 + index,
          attributes: { 'databricks.cloudfetch.size': 1024 },
        }),
      );
      const lines = toText([statement, ...fetches, ...downloads, close]).split('\n');
      assert.strictEqual(lines.length, 5);
      assert.match(lines[1] ?? '', /├─ fetchChunk ×5 /);
      assert.match(lines[2] ?? '', /└─ cloudfetch\.download ×20 +▕ +█+ *▏ +24\.0 ms 20\.0 KiB$/);
    });

    it('says the condition and SQLSTATE of a failure', () => {
      const failed = span({
        id: 'f',
        failed: true,
        attributes: {
          'error.type': '42P01',
          'db.response.status_code': '42P01',
          'databricks.error.condition': 'TABLE_OR_VIEW_NOT_FOUND',
        },
      });
      assert.match(toText([failed]), /TABLE_OR_VIEW_NOT_FOUND 42P01/);
      assert.ok(toText([failed], { colors: true }).includes(`${ESCAPE}[31m`));
    });

    it('places what belongs to a statement beneath it, whoever called it', () => {
      const ofStatement = (id: string, operation: string, statementId: string, startMs: number) =>
        span({
          id,
          name: id,
          parent: 'caller',
          startMs,
          endMs: startMs + 1,
          attributes: {
            'databricks.operation': operation,
            'databricks.statement.id': statementId,
          },
        });
      const text = toText([
        span({ id: 'caller' }),
        ofStatement('first', 'execute_statement', 's1', 1),
        ofStatement('second', 'get_tables', 's2', 2),
        ofStatement('fetch first', 'fetch', 's1', 3),
        ofStatement('close second', 'close_statement', 's2', 4),
        ofStatement('close first', 'close_statement', 's1', 5),
        ofStatement('close other', 'close_statement', 's3', 6),
      ]);
      assert.deepStrictEqual(
        text
          .trimEnd()
          .split('\n')
          .map((line) => line.replace(/ *▕.*/, '')),
        [
          'caller',
          '├─ first',
          '│  ├─ fetch first',
          '│  └─ close first',
          '├─ second',
          '│  └─ close second',
          '└─ close other',
        ],
      );
    });

    it('makes a root of a span whose parent is not there', () => {
      const orphan = span({ id: 'o', parent: 'elsewhere' });
      assert.match(toText([orphan]), /^o /);
    });

    it('never exceeds the width and never lets a name reach the terminal raw', () => {
      fc.assert(
        fc.property(
          fc.array(
            fc.record({
              name: fc.string({ unit: 'binary', maxLength: 80 }),
              parent: fc.option(fc.nat(9), { nil: undefined }),
              startMs: fc.nat(1000),
              endMs: fc.nat(1000),
            }),
            { maxLength: 10 },
          ),
          fc.integer({ min: 0, max: 200 }),
          (shapes, width) => {
            const spans = shapes.map((shape, index) =>
              span({
                ...shape,
                id: String(index),
                parent: shape.parent === undefined ? undefined : String(shape.parent),
              }),
            );
            for (const line of toText(spans, { width }).split('\n')) {
              assert.ok(Array.from(line).length <= Math.max(40, width), line);
              assert.ok(!Array.from(line).some((character) => character < ' '), line);
            }
          },
        ),
      );
    });
  });

  describe('ConsoleWaterfallExporter', () => {
    it('waits for the statement to be closed', () => {
      const stream = collector();
      const exporter = new ConsoleWaterfallExporter({ stream });
      exported(exporter, statement);
      assert.strictEqual(stream.writes(), 0);
      exported(exporter, close);
      assert.match(stream.text(), /SELECT range[^]*└─ close/);
    });

    it('takes a cancel for the end of a statement', () => {
      const stream = collector();
      const exporter = new ConsoleWaterfallExporter({ stream });
      const cancel = { ...close, attributes: { ...close.attributes } };
      cancel.attributes['databricks.operation'] = 'cancel_statement';
      exported(exporter, statement, cancel);
      assert.strictEqual(stream.writes(), 1);
    });

    it('waits for the local root', () => {
      const stream = collector();
      const exporter = new ConsoleWaterfallExporter({ stream });
      exported(exporter, span({ id: 'child', parent: 'root' }));
      assert.strictEqual(stream.writes(), 0);
      exported(exporter, span({ id: 'root', parent: 'far', remoteParent: true }));
      assert.match(stream.text(), /root[^]*└─ child/);
    });

    it('prints what is unfinished at forceFlush and shutdown, once', async () => {
      const stream = collector();
      const exporter = new ConsoleWaterfallExporter({ stream });
      exported(exporter, statement);
      await exporter.forceFlush();
      await exporter.shutdown();
      assert.strictEqual(stream.writes(), 1);
    });

    it('keeps no more traces than it may', () => {
      const stream = collector();
      const exporter = new ConsoleWaterfallExporter({ stream, maxTraces: 2 });
      for (const traceId of ['a', 'b', 'c']) {
        exported(exporter, span({ id: 'x', parent: 'y', traceId }));
      }
      assert.strictEqual(stream.writes(), 1);
    });

    it('colours a terminal only and takes its width', () => {
      const plain = collector(false, 60);
      const terminal = collector(true, 60);
      exported(new ConsoleWaterfallExporter({ stream: plain }), span({ id: 'x' }));
      exported(new ConsoleWaterfallExporter({ stream: terminal }), span({ id: 'x' }));
      assert.ok(!plain.text().includes(ESCAPE));
      assert.ok(terminal.text().includes(ESCAPE));
    });

    it('reports a stream that throws as a failed export', () => {
      const error = new Error('closed');
      const exporter = new ConsoleWaterfallExporter({
        stream: {
          write: () => {
            throw error;
          },
        },
      });
      exporter.export([span({ id: 'x' })], (result) =>
        assert.deepStrictEqual(result, { code: 1, error }),
      );
    });

    it('is an exporter of the SDK', async () => {
      const stream = collector();
      const exporter: SpanExporter = new ConsoleWaterfallExporter({ stream });
      const provider = new BasicTracerProvider({
        spanProcessors: [new SimpleSpanProcessor(exporter)],
      });
      provider.getTracer('test').startSpan('work').end();
      await provider.shutdown();
      assert.match(stream.text(), /^work/);
    });
  });
});
