import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Runs a script against the built package in a process of its own. */
function run(script: string): { status: number | null; output: string; tookMs: number } {
  const setUp = `
    const { DatabricksTelemetrySpanProcessor } = require(${JSON.stringify(join(__dirname, '../src'))});
    const { SpanSource } = require(${JSON.stringify(join(__dirname, 'spans'))});
    const exporter = {
      export(batch, answer) { setTimeout(() => { console.log(batch.length); answer({ code: 0 }); }, 50).unref(); },
      shutdown: () => Promise.resolve(),
    };
  `;
  const startedMs = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', setUp + script], {
    encoding: 'utf8',
    timeout: 15_000,
  });
  return { status, output: stdout + stderr, tookMs: performance.now() - startedMs };
}

describe('the process', () => {
  it('is not held by records, open statements or a batch in flight', () => {
    const { status, output, tookMs } = run(`
      const processor = new DatabricksTelemetrySpanProcessor(exporter, { scheduledDelayMs: 600000 });
      const driver = new SpanSource([processor]);
      driver.openSession();
      driver.execute('s1');
      driver.span('execute_statement', { failure: { type: '42P01' } });
    `);
    assert.equal(status, 0, output);
    assert.ok(tookMs < 10_000);
  });

  it('is held while a shutdown is awaited and nothing else lives', () => {
    const { status, output } = run(`
      const processor = new DatabricksTelemetrySpanProcessor(exporter);
      const driver = new SpanSource([processor]);
      driver.openSession();
      driver.execute('s1');
      processor.shutdown().then(() => console.log('shut down'));
    `);
    assert.equal(status, 0);
    assert.equal(output, '2\nshut down\n');
  });
});
