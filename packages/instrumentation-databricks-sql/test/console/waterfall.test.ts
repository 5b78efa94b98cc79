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

function durations(submit: number, pending: number): Attributes {
  return {
    'databricks.statement.submit_duration': submit,
    'databricks.statement.pending_duration': pending,
  };
}

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

function shown(name: string): string {
  return /^(.*?) ▕/.exec(toText([span({ id: 'x', name })]))?.[1] ?? '';
}

function axisOf(endMs: number): string {
  const [, axis = ''] = toText([span({ id: 'x', endMs })]).split('\n');
  return axis.trim().replaceAll(/ {2,}/g, '|');
}

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
    it('aligns a tree with bars to an eighth of a cell, durations, facts and a time axis', () => {
      const text = toText([close, statement], { width: 110 });
      assert.deepStrictEqual(text.split('\n'), [
        'SELECT range ▕██████████████▍                     ▏  40.0 ms 3 polls',
        '└─ close     ▕                                ▐███▏  10.0 ms → 100,000 rows · 20 chunks · 3.2 MiB · cloudfetch',
        '              0 ms              50 ms',
        '→ A statement ends when the warehouse has finished it; fetching, downloading and closing follow.',
        '',
      ]);
    });

    it('folds consecutive siblings into one line and shows parallel ones in lanes, with their sums', () => {
      const fetches = Array.from({ length: 5 }, (_, index) =>
        span({
          id: `f${index}`,
          name: 'fetchChunk',
          parent: 'stmt',
          startMs: 40 + index * 8,
          endMs: 48 + index * 8,
        }),
      );
      const downloads = Array.from({ length: 6 }, (_, index) =>
        span({
          id: `d${index}`,
          name: 'cloudfetch.download',
          parent: `f${index % 3}`,
          startMs: 40 + 20 * Math.floor(index / 3),
          endMs: 60 + 20 * Math.floor(index / 3),
          failed: index === 1,
          attributes: { 'databricks.cloudfetch.size': 1024 },
        }),
      );
      const lines = toText([statement, ...fetches, ...downloads, close], { width: 120 }).split(
        '\n',
      );
      assert.match(lines[1] ?? '', /^├─ fetchChunk ×5 +▕ +[▐█▉-▏]+ +▏ +40\.0 ms →$/);
      assert.match(
        lines[2] ?? '',
        /^│ {2}└─ cloudfetch\.download ▕ +█+[▉▊]█+.? +▏ +40\.0 ms 6 calls, up to 3 at once · 1 failed · 6\.0 KiB$/,
      );
      for (const lane of lines.slice(3, 5)) assert.match(lane, /^│ +▕ +█+[▉▊]█+.? +▏$/);
      assert.match(lines[5] ?? '', /^└─ close/);
    });

    it('shows at most twelve lanes, whatever runs in parallel, and counts all of it', () => {
      const calls = Array.from({ length: 500 }, (_, index) =>
        span({ id: `c${index}`, name: 'call', parent: 'root', endMs: 100 }),
      );
      const lines = toText([span({ id: 'root', endMs: 100 }), ...calls])
        .trimEnd()
        .split('\n');
      assert.strictEqual(lines.length, 1 + 12 + 1);
      assert.match(lines[1] ?? '', /500 calls, up to 500 at once/);
    });

    it('gives the bars all the width that names and facts leave, and 20 cells at least', () => {
      const barOf = (width: number): number =>
        /▕([^▏]*)▏/.exec(toText([span({ id: 'x', endMs: 7 })], { width }))?.[1]?.length ?? 0;
      assert.strictEqual(barOf(100), 100 - 'x'.length - 8 - 5);
      assert.strictEqual(barOf(300), 300 - 'x'.length - 8 - 5);
      const long = span({
        id: 'x',
        name: 'n'.repeat(90),
        attributes: { 'error.type': 'E'.repeat(90) },
      });
      for (const width of [0, 40, 60, 80]) {
        const bar = /▕(.*)▏/.exec(toText([long], { width }))?.[1] ?? '';
        assert.ok(bar.length >= 20, `${bar.length} cells at ${width}`);
      }
    });

    it('explains what ends after its statement, and what ends after another parent', () => {
      const late = span({ id: 'late', parent: 'root', startMs: 5, endMs: 30 });
      assert.match(toText([span({ id: 'root' }), late]), / ⇢\n.*\n⇢ This call ended after/);
      assert.match(toText([statement, close]), / → 100,000 rows[^]*\n→ A statement ends when/);
      const within = span({ id: 'within', parent: 'root', endMs: 10 });
      assert.doesNotMatch(toText([span({ id: 'root' }), within]), /[→⇢]/);
    });

    it('counts two cells for wide characters and none for combining marks', () => {
      const barColumns = (names: string[]): number[] =>
        toText(names.map((name, index) => span({ id: String(index), name })))
          .split('\n')
          .slice(0, names.length)
          .map((line, index) => line.indexOf('▕') - (names[index] ?? '').length);
      // '売上表' takes 6 cells in 3 characters, '🧾' 2 cells in 2, 'é' here 1 cell in 2, '👩‍🔬' 2 cells in 5.
      assert.deepStrictEqual(barColumns(['売上表', 'abcdef']), [1, 1]);
      assert.deepStrictEqual(barColumns(['🧾', 'ab']), [1, 1]);
      assert.deepStrictEqual(barColumns(['e\u0301', 'a']), [1, 1]);
      assert.deepStrictEqual(barColumns(['👩‍🔬', 'ab']), [1, 1]);
      const cut = toText([span({ id: 'x', name: '売'.repeat(40) })], { width: 60 });
      assert.match(cut, /^売+… *▕/);
    });

    it('makes hidden characters and marks on nothing visible', () => {
      for (const [name, expected] of [
        ['\u0301a', '·a'],
        ['a\u200bb\u00adc', 'a·b·c'],
        ['\u202eevil', '·evil'],
        ['a\u1be6', 'a·'],
        ['हिन्दी ไทย עִבְרִית', 'हिन्दी ไทย עִבְרִית'],
        ['1\ufe0f\u20e3 ❤️ 👩‍🔬', '1\ufe0f\u20e3 ❤️ 👩‍🔬'],
      ] as const) {
        assert.strictEqual(shown(name), expected);
      }
    });

    it('draws the time in which a statement waited for the warehouse lighter', () => {
      const barOf = (attributes: Attributes): string =>
        /▕(.*)▏/.exec(toText([span({ id: 'x', endMs: 4_000, attributes })], { width: 60 }))?.[1] ??
        '';
      const bar = barOf(durations(0, 2));
      assert.match(bar, /^░+█+$/);
      assert.equal(bar.indexOf('█'), bar.length / 2);
      assert.match(barOf(durations(1, 1)), /^█+░+█+$/);
      assert.match(toText([span({ id: 'x', attributes: durations(0, 2) })]), / 2\.00 s pending/);
      for (const odd of [durations(-9, 1), durations(0, -1), durations(0, NaN), durations(9, 9)]) {
        assert.match(barOf(odd), /^█+$/);
      }
      assert.match(barOf(durations(0, 1e9)), /^░+$/);
    });

    it('labels the axis in the unit of the trace', () => {
      assert.match(axisOf(0.2), /^0 µs\|50 µs\|100 µs\|150 µs/);
      assert.match(axisOf(90), /^0 ms\|10 ms\|20 ms\|/);
      assert.match(axisOf(12_000), /^0 s\|2 s\|4 s\|/);
      assert.match(axisOf(600_000), /^0 min\|2 min\|4 min\|/);
      assert.strictEqual(axisOf(0), '0 µs');
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
          .split('\n')
          .filter((line) => line.includes('▕'))
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

    describe('colors', () => {
      const VARIABLES = ['FORCE_COLOR', 'NO_COLOR', 'TERM'] as const;
      const before = VARIABLES.map((name) => [name, process.env[name]] as const);
      afterEach(() => before.forEach(([name, value]) => setVariable(name, value)));

      type Environment = Partial<Record<(typeof VARIABLES)[number], string>>;
      const cases: readonly (readonly [boolean, Environment, boolean])[] = [
        [true, {}, true],
        [false, {}, false],
        [true, { TERM: 'xterm' }, true],
        [true, { TERM: 'dumb' }, false],
        [true, { NO_COLOR: '1' }, false],
        [true, { NO_COLOR: '' }, true],
        [false, { FORCE_COLOR: '' }, true],
        [false, { FORCE_COLOR: '1', TERM: 'dumb' }, true],
        [true, { FORCE_COLOR: '0' }, false],
        [true, { FORCE_COLOR: 'false' }, false],
        [false, { FORCE_COLOR: '3', NO_COLOR: '1' }, true],
      ];
      for (const [isTTY, environment, colored] of cases) {
        const where = isTTY ? 'a terminal' : 'a file';
        it(`${colored ? 'color' : 'do not color'} ${where} with ${JSON.stringify(environment)}`, () => {
          for (const name of VARIABLES) setVariable(name, environment[name]);
          const stream = collector(isTTY, 60);
          exported(new ConsoleWaterfallExporter({ stream }), span({ id: 'x' }));
          assert.strictEqual(stream.text().includes(ESCAPE), colored);
        });
      }
    });

    it('takes the width of the terminal, and 100 where it is not known', () => {
      for (const [columns, width] of [
        [60, 60],
        [180, 180],
        [0, 100],
        [undefined, 100],
      ] as const) {
        const stream = collector(false, columns);
        exported(new ConsoleWaterfallExporter({ stream }), span({ id: 'x' }));
        assert.strictEqual(stream.text().split('\n')[0]?.length, width - 1);
      }
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
