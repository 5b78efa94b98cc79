import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** A process that lives so long is held: what could hold it waits for 600 s. */
const HELD_MS = 60_000;

/** Runs a script against the built package in a process of its own. Its status is null when it was held. */
function run(script: string): { status: number | null; output: string } {
  const setUp = `
    const { DatabricksTelemetrySpanProcessor } = require(${JSON.stringify(join(__dirname, '../src'))});
    const { SpanSource } = require(${JSON.stringify(join(__dirname, 'spans'))});
    const exporter = {
      export(batch, answer) { setTimeout(() => { console.log(batch.length); answer({ code: 0 }); }, 50).unref(); },
      shutdown: () => Promise.resolve(),
    };
  `;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', setUp + script], {
    encoding: 'utf8',
    timeout: HELD_MS,
  });
  return { status, output: stdout + stderr };
}

describe('the process', function () {
  this.timeout(3 * HELD_MS);

  it('is not held by records, open statements or a batch in flight', () => {
    const { status, output } = run(`
      const processor = new DatabricksTelemetrySpanProcessor(exporter, { scheduledDelayMs: 600000 });
      const driver = new SpanSource([processor]);
      driver.openSession();
      driver.execute('s1');
      driver.span('execute_statement', { failure: { type: '42P01' } });
    `);
    assert.equal(status, 0, output);
  });

  it('is not held by an exporter that does not answer, or by what it handed back', () => {
    for (const answer of ['undefined', 'answer({ code: 1, error: { undelivered: batch } })']) {
      const { status, output } = run(`
        exporter.export = (batch, answer) => ${answer};
        const processor = new DatabricksTelemetrySpanProcessor(exporter, { scheduledDelayMs: 600000 });
        new SpanSource([processor]).openSession();
        void processor.forceFlush();
      `);
      assert.equal(status, 0, output);
    }
  });

  // What is waited for is under way when the server lets go of the process.
  for (const [name, options, posts] of [
    ['a request that hangs', '', ''],
    ['a wait before a retry', '', '503'],
    ['a provider of credentials', 'headers: () => new Promise(() => { server.unref(); }),', ''],
  ] as const) {
    it(`is not held by ${name}`, () => {
      const { status, output } = run(`
        const { DatabricksTelemetryExporter } = require(${JSON.stringify(join(__dirname, '../src'))});
        const { plainTextAgent } = require(${JSON.stringify(join(__dirname, 'fixtures/telemetry-server'))});
        const { record, HOST } = require(${JSON.stringify(join(__dirname, 'fixtures/spans'))});
        const server = require('node:net').createServer((socket) => {
          socket.unref().on('data', (data) => {
            const method = String(data).split(' ')[0];
            console.log('asked', method);
            if ('${posts}' === '') {
              server.unref();
              return;
            }
            const name = 'databricks.partnerplatform.clientConfigsFeatureFlags.enableTelemetryForNodeJs';
            const flags = JSON.stringify({ flags: [{ name, value: 'true' }] });
            const [status, body] = method === 'GET' ? ['200', flags] : ['${posts}', ''];
            const head = ['HTTP/1.1 ' + status + ' x', 'Content-Length: ' + body.length, 'Connection: close'];
            // Closed by the client, who has read the answer then.
            if (method === 'POST') socket.on('close', () => server.unref());
            socket.end([...head, '', body].join('\\r\\n'));
          });
        });
        server.listen(0, '127.0.0.1', () => {
          const exporter = new DatabricksTelemetryExporter({
            host: HOST,
            token: 'dapi',
            agent: plainTextAgent(() => server.address().port),
            requestTimeoutMs: 600_000,
            credentialsTimeoutMs: 600_000,
            retry: { baseDelayMs: 600_000, maxDelayMs: 600_000 },
            ${options}
          });
          exporter.export([record('open_session')], () => undefined);
        });
      `);
      assert.equal(status, 0, output);
      assert.equal(output.includes('asked GET'), options === '');
      assert.equal(output.includes('asked POST'), posts !== '');
    });
  }

  it('has no timer left after the exporter was flushed', () => {
    const { status, output } = run(`
      const { DatabricksTelemetryExporter } = require(${JSON.stringify(join(__dirname, '../src'))});
      const { record, HOST } = require(${JSON.stringify(join(__dirname, 'fixtures/spans'))});
      const telemetry = new DatabricksTelemetryExporter({ host: HOST, token: 'dapi', dryRun: () => undefined });
      let isDone = false;
      telemetry.export([record('open_session')], () => (isDone = true));
      console.log('under way', !isDone);
      telemetry.forceFlush().then(() => {
        console.log('done', isDone);
        console.log('timers', process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length);
      });
    `);
    assert.equal(status, 0, output);
    assert.equal(output, 'under way true\ndone true\ntimers 0\n');
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
