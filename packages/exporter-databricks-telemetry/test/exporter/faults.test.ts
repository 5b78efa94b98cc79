import assert from 'node:assert/strict';
import { CONNECTION_ID, HOST, record } from '../fixtures/spans';
import { answer, decode, hang, reset, status } from '../fixtures/telemetry-server';
import type { Responder } from '../fixtures/telemetry-server';
import { ExporterBench, undelivered } from './bench';

const takeTwo: Responder = (request, response) => {
  const isTooLarge = request.body.includes('oversized') || decode(request.body).length > 2;
  (isTooLarge ? status(413) : answer({}))(request, response);
};

const drip: Responder = (_request, response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write(' '), 5);
  response.on('close', () => clearInterval(timer));
};

describe('DatabricksTelemetryExporter', () => {
  const bench = new ExporterBench();

  describe('under faults', () => {
    beforeEach(() => bench.create());

    it('retries what may pass, and delivers once (defect 15: a batch was lost)', async () => {
      bench.server.script.push(status(503), reset, status(429, { 'Retry-After': '0' }));
      const one = record('open_session');
      assert.deepStrictEqual(await bench.send(one), { code: 0 });
      const ids = bench.server.logs().map((log) => log.frontend_log_event_id);
      assert.equal(ids.length, 4);
      assert.equal(new Set(ids).size, 1);
    });

    it('hands back what outlasts the retries, with the id it had', async () => {
      bench.server.script.push(...Array.from({ length: 4 }, () => status(503)));
      const one = record('open_session');
      const error = undelivered(await bench.send(one));
      assert.equal(error.reason, 'retryable');
      assert.deepStrictEqual(error.undelivered, [one]);
      await bench.send(one);
      assert.equal(new Set(bench.server.logs().map((log) => log.frontend_log_event_id)).size, 1);
      assert.equal(bench.exporter.stats().delivered, 1);
      assert.equal(bench.exporter.stats().returned, 1);
    });

    it('leaves the host alone for as long as Retry-After says (defect 15)', async () => {
      bench.server.script.push(status(429, { 'Retry-After': '30' }));
      const error = undelivered(await bench.send(record('open_session')));
      assert.equal(error.retryAfterMs, 30_000);
      const again = undelivered(await bench.send(record('open_session')));
      assert.ok((again.retryAfterMs ?? 0) > 29_000);
      assert.equal(bench.server.posts().length, 1);
    });

    it('hands back without a request while the breaker is open, and says for how long', async () => {
      bench.server.script.push(...Array.from({ length: 5 }, () => status(501)));
      for (let batch = 0; batch < 5; batch++) {
        await bench.send(record('open_session'));
      }
      assert.equal(bench.exporter.stats().hosts[HOST]?.breaker, 'OPEN');
      const error = undelivered(await bench.send(record('open_session')));
      assert.equal(error.reason, 'breaker_open');
      assert.ok((error.retryAfterMs ?? 0) > 59_000);
      assert.equal(bench.server.posts().length, 5);
    });

    for (const code of [301, 303, 307, 400, 404]) {
      it(`drops at ${code}, follows nothing and does not retry (defect 14)`, async () => {
        bench.server.script.push(status(code, { Location: `https://${HOST}/login` }, '<html>'));
        assert.deepStrictEqual(undelivered(await bench.send(record('open_session'))).dropped, {
          refused: 1,
        });
        assert.equal(bench.server.posts().length, 1);
        assert.equal(bench.server.received.length, 2);
      });
    }

    for (const [name, responder, reason] of [
      ['a sign-in page', answer('<html>sign in</html>'), 'refused'],
      ['an empty answer', status(200), 'retryable'],
      ['broken JSON', answer('{"numProtoSuccess":'), 'retryable'],
      ['an endless answer', answer(`{"x":"${'y'.repeat(70_000)}"}`), 'retryable'],
      [
        'an upgrade',
        (_request, response) => {
          response.socket?.write(
            'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
          );
        },
        'retryable',
      ],
    ] as [string, Responder, string][]) {
      it(`does not count ${name} as delivered (defect 14)`, async () => {
        bench.server.script.push(responder);
        assert.equal(undelivered(await bench.send(record('open_session'))).reason, reason);
        assert.equal(bench.exporter.stats().delivered, 0);
        assert.equal(bench.server.posts().length, 1);
      });
    }

    it('is not taken in by 1xx answers', async () => {
      bench.server.script.push((_request, response) => {
        response.writeProcessing();
        response.end('{"numProtoSuccess":1}');
      });
      assert.deepStrictEqual(await bench.send(record('open_session')), { code: 0 });
    });

    it('tries again when an answer breaks off', async () => {
      bench.server.script.push((_request, response) => {
        response.writeHead(200, { 'Content-Length': '100' });
        response.write('{"num', () => response.socket?.resetAndDestroy());
      });
      assert.deepStrictEqual(await bench.send(record('open_session')), { code: 0 });
      assert.equal(bench.server.posts().length, 2);
    });

    it('halves what is too large and drops the one that is', async () => {
      bench.server.script.push(...Array.from({ length: 20 }, () => takeTwo));
      const ids = ['1', '2', 'oversized', '4', '5'];
      const result = await bench.send(
        ...ids.map((id) => record('open_session', { attributes: { 'databricks.session.id': id } })),
      );
      assert.deepStrictEqual(undelivered(result).dropped, { too_large: 1 });
      assert.equal(bench.exporter.stats().delivered, 4);
    });

    it('warns once of failed requests and once of the open breaker, with host, number and last error', async () => {
      await bench.send(record('open_session'));
      bench.server.script.push(...Array.from({ length: 5 }, () => status(501)));
      for (let batch = 0; batch < 6; batch++) {
        await bench.send(record('open_session'));
      }
      assert.deepStrictEqual(bench.warnings, [
        `${HOST} did not accept 1 telemetry record (last error: 501). They are retried, and wait in the queue meanwhile: ` +
          'if this lasts, check the network and the status of the workspace',
        `the circuit breaker of ${HOST} is open after 5 failed batches (last error: 501). Records wait 60 s in the queue, ` +
          'and the oldest are dropped when it is full: check the network and the status of the workspace',
      ]);
      assert.deepStrictEqual(
        bench.debugLines.filter((line) => line.startsWith('circuit breaker')),
        [`circuit breaker of ${HOST}: CLOSED -> OPEN`],
      );
    });

    for (const malformed of ['user@a.example.com', 'a.example.com/path', 'a b.example.com']) {
      it(`drops what is for the malformed host ${malformed}`, async () => {
        await bench.exporter.shutdown();
        bench.connections.add(CONNECTION_ID, { host: malformed });
        bench.createWithAccess();
        assert.deepStrictEqual(undelivered(await bench.send(record('open_session'))).dropped, {
          host_refused: 1,
        });
        assert.equal(bench.server.received.length, 0);
      });
    }

    it('refuses a host that is not public, and warns once', async () => {
      await bench.exporter.shutdown();
      bench.createWithAccess();
      bench.connections.add(CONNECTION_ID, { host: '169.254.169.254' });
      await bench.send(record('open_session'));
      assert.deepStrictEqual(undelivered(await bench.send(record('open_session'))).dropped, {
        host_refused: 1,
      });
      assert.equal(bench.server.received.length, 0);
      assert.equal(bench.warnings.length, 1);
    });
  });

  describe('within its deadlines', () => {
    it('gives up a request that hangs, or drips, after the time for all of it', async () => {
      bench.create({ requestTimeoutMs: 40, retry: { maxRetries: 1, baseDelayMs: 1, jitterMs: 0 } });
      // The flag has the same 40 ms, and a slow machine may need several tries for it.
      while ((await bench.send(record('open_session'))).code !== 0);
      bench.server.script.push(hang, drip);
      assert.equal(undelivered(await bench.send(record('open_session'))).reason, 'retryable');
      assert.equal(bench.exporter.stats().hosts[HOST]?.lastError, 'timeout');
    });

    it('shuts down in time with a request under way, once, and takes nothing after', async () => {
      bench.server.script.push(hang);
      bench.create({ shutdownTimeoutMs: 30 });
      const running = bench.send(record('open_session'));
      const first = bench.exporter.shutdown();
      assert.equal(bench.exporter.shutdown(), first);
      await first;
      assert.equal(undelivered(await running).reason, 'shutdown');
      assert.equal(undelivered(await bench.send(record('open_session'))).reason, 'shutdown');
    });

    it('accepts nothing after the call of shutdown(), and keeps the counts of its hosts', async () => {
      bench.create();
      await bench.send(record('open_session'));
      const closed = bench.exporter.shutdown();
      const result = bench.send(record('open_session'));
      assert.equal(undelivered(await result).reason, 'shutdown');
      await closed;
      const { connections, delivered } = bench.exporter.stats().hosts[HOST] ?? {};
      assert.deepStrictEqual({ connections, delivered }, { connections: 0, delivered: 1 });
      assert.equal(bench.server.posts().length, 1);
    });

    it('shuts down in what is left of a deadline of its caller', async () => {
      bench.server.script.push(hang);
      bench.create({ shutdownTimeoutMs: 60_000 });
      const running = bench.send(record('open_session'));
      await bench.exporter.shutdown(20);
      assert.equal(undelivered(await running).reason, 'shutdown');
    });

    it('lets forceFlush wait for what is under way', async () => {
      bench.create();
      let isDone = false;
      const running = bench.send(record('open_session')).then(() => (isDone = true));
      await bench.exporter.forceFlush();
      assert.ok(isDone);
      await running;
    });
  });

  describe('never throws', () => {
    it('whatever the spans are', async () => {
      bench.create();
      const broken = {
        ...record('open_session'),
        get attributes(): never {
          throw new Error('broken');
        },
      };
      assert.deepStrictEqual(undelivered(await bench.send(broken)).dropped, { untranslatable: 1 });
      const unreadable = {
        ...record('open_session'),
        spanContext: (): never => {
          throw new Error('broken');
        },
      };
      const result = await bench.send(unreadable, record('close_session'));
      assert.deepStrictEqual(undelivered(result).dropped, { untranslatable: 1 });
      assert.equal(bench.exporter.stats().delivered, 1);
    });

    it('whatever the access is', async () => {
      const host = undefined as unknown as string;
      bench.connections.add(CONNECTION_ID, { host });
      bench.createWithAccess();
      assert.deepStrictEqual(undelivered(await bench.send(record('open_session'))).dropped, {
        host_refused: 1,
      });
    });

    it('whatever the callback does', async () => {
      bench.create();
      await new Promise<void>((resolve) =>
        bench.exporter.export([record('open_session')], () => {
          resolve();
          throw new Error('of the application');
        }),
      );
      await bench.exporter.forceFlush();
    });
  });
});
