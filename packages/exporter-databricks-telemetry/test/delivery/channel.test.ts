import assert from 'node:assert/strict';
import { type DatabricksTelemetryExporterOptions, resolveExporterOptions } from '../../src/config';
import { Channel } from '../../src/delivery/channel';
import { HostClient } from '../../src/delivery/host-client';
import { DiagRecorder } from '../diag-recorder';
import {
  type Responder,
  TelemetryServer,
  answer,
  hang,
  status,
} from '../fixtures/telemetry-server';

const HOST = { hostname: 'a.example.com', port: 443, key: 'a.example.com' };
const ENDPOINT = { path: '/telemetry-ext', headers: {} };
const BODY = [Buffer.from('{"protoLogs":'), Buffer.from('["a"]}')];
const OPEN_MS = 1_000;

function fails(): never {
  throw new Error('of the application');
}

describe('Channel', () => {
  let server: TelemetryServer;
  let controller: AbortController;
  let nowMs: number;
  let client: HostClient;

  before(async () => {
    server = await TelemetryServer.start();
  });
  after(() => server.stop());
  beforeEach(() => {
    controller = new AbortController();
    nowMs = 0;
    client = new HostClient(
      HOST,
      { failureThreshold: 1, openMs: OPEN_MS, successThreshold: 2 },
      () => nowMs,
    );
    server.received.length = server.script.length = server.flagScript.length = 0;
  });

  function channelOf(options: DatabricksTelemetryExporterOptions = {}): Channel {
    const resolved = resolveExporterOptions({ retry: { maxRetries: 0 }, ...options });
    const target = { hostname: HOST.hostname, port: HOST.port, agent: server.agent };
    return new Channel(client, target, resolved, controller.signal);
  }

  function post(options?: DatabricksTelemetryExporterOptions) {
    return channelOf(options).post(ENDPOINT, ['a'], () => BODY);
  }

  it('lets nothing through that the circuit breaker does not', async () => {
    client.breaker.tryAcquire()?.failure();
    nowMs = 400;
    const logs = ['a', 'b'];
    assert.deepStrictEqual(
      await channelOf().post(ENDPOINT, logs, () => []),
      logs.map(() => ({ kind: 'undelivered', reason: 'breaker_open', retryAfterMs: 600 })),
    );
    assert.deepStrictEqual(await channelOf().get(ENDPOINT), {
      kind: 'unavailable',
      error: 'breaker_open',
      retryAfterMs: 600,
    });
    assert.equal(server.received.length, 0);
  });

  /** Opens the breaker and waits until it wants a probe. */
  function probing(): void {
    client.breaker.tryAcquire()?.failure();
    nowMs += OPEN_MS;
    assert.equal(client.breaker.state, 'HALF_OPEN');
  }

  for (const [name, responder] of [
    ['was taken', answer('{}')],
    ['was too large', status(413)],
  ] as [string, Responder][]) {
    it(`takes a host for well when what was sent ${name}`, async () => {
      probing();
      for (const state of ['HALF_OPEN', 'CLOSED']) {
        server.script.push(responder);
        await post();
        assert.equal(client.breaker.state, state);
      }
    });
  }

  it('takes it for neither when the credentials were refused, or we gave up', async () => {
    for (const responder of [status(401), () => controller.abort()]) {
      probing();
      server.script.push(responder);
      await post();
      assert.equal(client.breaker.state, 'HALF_OPEN');
      const next = client.breaker.tryAcquire();
      assert.ok(next, 'the next may probe');
      next.failure();
      nowMs += OPEN_MS;
    }
  });

  for (const code of [400, 501, 503]) {
    it(`takes it for ill at ${code}, of either request`, async () => {
      server.script.push(status(code));
      await post();
      assert.equal(client.breaker.state, 'OPEN');
      nowMs += OPEN_MS;
      server.flagScript.push(status(code));
      assert.notEqual((await channelOf().get(ENDPOINT)).kind, 'ok');
      assert.equal(client.breaker.state, 'OPEN');
    });
  }

  it('keeps what the last failure was called', async () => {
    server.script.push(answer('{}'), status(401), answer('{}'));
    const errors: (string | undefined)[] = [];
    for (let batch = 0; batch < 3; batch += 1) {
      await post();
      errors.push(client.lastError);
    }
    assert.deepStrictEqual(errors, [undefined, '401', '401']);
  });

  it('leaves the host alone for as long as it asked, if it did', async () => {
    nowMs = 500;
    server.script.push(status(503));
    await post();
    assert.equal(client.pausedUntilMs, 0);
    nowMs += OPEN_MS;
    server.script.push(status(503, { 'Retry-After': '7' }));
    await post();
    assert.equal(client.pausedUntilMs, nowMs + 7_000);
    assert.equal(client.breaker.retryAfterMs, 7_000);
  });

  it('ends a request that is under way when it is told to', async () => {
    server.script.push((...args) => {
      hang(...args);
      controller.abort();
    });
    assert.deepStrictEqual(await post(), [{ kind: 'undelivered', reason: 'shutdown' }]);
  });

  it('shows each body to whoever wants to see it, and to nobody else', async () => {
    const diag = new DiagRecorder().install();
    const shown: unknown[] = [];
    await post({ onPayload: (payload) => shown.push(payload) });
    await post();
    assert.deepStrictEqual(shown, [
      { host: HOST.key, path: '/telemetry-ext', body: '{"protoLogs":["a"]}' },
    ]);
    assert.equal(diag.lines.length, 0);
    assert.deepStrictEqual(await post({ onPayload: fails }), [{ kind: 'delivered' }]);
    diag.remove();
    assert.ok(diag.lines.some(({ text }) => text.includes('onPayload failed')));
  });
});
