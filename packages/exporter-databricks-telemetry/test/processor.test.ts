import assert from 'node:assert/strict';
import { DatabricksTelemetrySpanProcessor, type ProcessorStats } from '../src/processor';
import { SpanSource } from './spans';
import { RecordingExporter } from './test-exporter';

/** The accounting equation; to be true at every moment. */
export function assertBalanced(stats: ProcessorStats): void {
  const dropped = Object.values(stats.dropped).reduce((sum, count) => sum + count, 0);
  assert.equal(stats.offered, stats.delivered + stats.pending + dropped, JSON.stringify(stats));
}

describe('DatabricksTelemetrySpanProcessor', () => {
  it('reports sessions and statements in order, once', async () => {
    const exporter = new RecordingExporter();
    const processor = new DatabricksTelemetrySpanProcessor(exporter);
    const driver = new SpanSource([processor]);
    driver.connect({ 'databricks.driver.version': '2.1.0' });
    driver.openSession();
    driver.execute('s1');
    driver.close('s1', { attributes: { 'databricks.result.row_count': 3 } });
    driver.close('s1');
    driver.closeSession();
    await processor.forceFlush();
    assert.deepEqual(exporter.lines, [
      'operation open_session',
      'operation execute_statement s1',
      'operation close_session',
    ]);
    const statement = exporter.records[1];
    assert.equal(statement?.join.connection?.['databricks.driver.version'], '2.1.0');
    assert.equal(statement?.join.completion?.['databricks.result.row_count'], 3);
    assert.equal(processor.stats().late, 1);
    assertBalanced(processor.stats());
    await processor.shutdown();
    assert.deepEqual(exporter.calls, ['forceFlush', 'shutdown']);
  });
});
