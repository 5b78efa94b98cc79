import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { SCOPE_NAME } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReadableSpan } from '../src/otel';
import { DatabricksTelemetrySpanProcessor } from '../src/processor/processor';
import { assertBalanced } from './accounting-assertions';
import { DiagRecorder } from './diag-recorder';
import { RecordingExporter } from './test-exporter';

const operation = fc.constantFrom(
  'connect',
  'open_session',
  'close_session',
  'execute_statement',
  'get_tables',
  'get_info',
  'fetch',
  'cloudfetch_download',
  'staging_put',
  'cancel_statement',
  'close_statement',
);
const anything = fc.oneof(
  fc.anything({ withBigInt: true, withNullPrototype: true, withTypedArray: true }),
  fc.constantFrom('s1', 's2', null, undefined, Number.NaN, -1, 'x'.repeat(300)),
);
const attributes = fc
  .record({
    operation,
    rest: fc.dictionary(
      fc.constantFrom(
        'databricks.statement.id',
        'databricks.session.id',
        'databricks.connection.id',
        'databricks.error.retryable',
        'error.type',
        'db.response.status_code',
        'db.query.text',
        'databricks.driver.telemetry_enabled',
        'databricks.result.row_count',
        'databricks.cloudfetch.chunk_index',
        'databricks.cloudfetch.size',
        'databricks.fetch.row_count',
        'databricks.result.format',
      ),
      anything,
      { maxKeys: 8 },
    ),
  })
  .map(({ operation: name, rest }) => Object.assign(rest, { 'databricks.operation': name }));

const span = fc.record(
  {
    attributes: fc.oneof({ weight: 8, arbitrary: attributes }, anything),
    status: fc.oneof(fc.constantFrom({ code: 0 }, { code: 2 }), anything),
    events: fc.oneof(fc.constant([]), fc.array(anything, { maxLength: 3 }), anything),
    duration: fc.oneof(fc.constantFrom([1, 0], [-5, 0], [Number.NaN, 1]), anything),
    startTime: anything,
    endTime: anything,
  },
  { requiredKeys: [] },
);

describe('spans with nonsense', () => {
  it('never throw, never gather, and stay in the books', async () => {
    const diag = new DiagRecorder().install();
    await fc.assert(
      fc.asyncProperty(fc.array(span, { maxLength: 60, size: 'max' }), async (spans) => {
        const exporter = new RecordingExporter();
        const processor = new DatabricksTelemetrySpanProcessor(exporter);
        for (const fields of spans) {
          const nonsense: object = { instrumentationScope: { name: SCOPE_NAME }, ...fields };
          processor.onEnd(nonsense as ReadableSpan);
          assertBalanced(processor.stats());
        }
        await processor.shutdown();
        const { pending, statements } = processor.stats();
        assert.deepEqual([pending, statements], [0, 0]);
        assertBalanced(processor.stats());
      }),
      { numRuns: 200 },
    );
    diag.remove();
  });

  it('100 000 of them leave bounded memory', () => {
    const processor = new DatabricksTelemetrySpanProcessor(new RecordingExporter());
    for (let index = 0; index < 100_000; index += 1) {
      const kind = ['execute_statement', 'fetch', 'open_session', 'connect'][index % 4];
      processor.onEnd({
        instrumentationScope: { name: SCOPE_NAME },
        attributes: {
          'databricks.operation': kind,
          'databricks.statement.id': `${index}`,
          'databricks.session.id': `${index}`,
          'databricks.connection.id': `${index}`,
        },
      } as unknown as ReadableSpan);
    }
    const { statements, pending } = processor.stats();
    assert.deepEqual([statements, pending], [5_000, 500]);
    assertBalanced(processor.stats());
    void processor.shutdown();
  });
});
