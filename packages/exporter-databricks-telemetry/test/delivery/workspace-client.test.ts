import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import type { SinonFakeTimers } from 'sinon';
import { resolveExporterOptions } from '../../src/config';
import type { DatabricksTelemetryExporterOptions } from '../../src/config';
import { WorkspaceClient } from '../../src/delivery/workspace-client';
import { DiagRecorder } from '../diag-recorder';
import { useFakeClock } from '../fake-clock';
import { TelemetryServer, answer, hang, reset, status } from '../fixtures/telemetry-server';
import type { Responder } from '../fixtures/telemetry-server';

const HOST = { hostname: 'a.example.com', port: 443, key: 'a.example.com' };
const HEAD = { path: '/telemetry-ext', headers: {} };
const BODY = [Buffer.from('{"protoLogs":'), Buffer.from('["a"]}')];
const OPEN_MS = 60_000;
const QUICK = { baseDelayMs: 1, maxDelayMs: 2, jitterMs: 0 };

/** A value of another realm. */
function foreign(expression: string): unknown {
  return runInNewContext(expression);
}

describe('WorkspaceClient', () => {
  let server: TelemetryServer;
  let controller: AbortController;
  let time: SinonFakeTimers;
  let client: WorkspaceClient;
  let errors: string[];

  before(async () => {
    server = await TelemetryServer.start();
  });
  after(() => server.stop());
  beforeEach(() => {
    time = useFakeClock({ toFake: ['performance'] });
    controller = new AbortController();
    errors = [];
    create();
    server.received.length = server.script.length = server.flagScript.length = 0;
  });
  afterEach(() => time.restore());

  function create(options: DatabricksTelemetryExporterOptions = {}): void {
    const resolved = resolveExporterOptions({
      retry: { maxRetries: 0 },
      circuitBreaker: { failureThreshold: 1 },
      ...options,
    });
    client = new WorkspaceClient('key', HOST, resolved, (error) => errors.push(error));
  }

  function post(logs: readonly string[] = ['a']) {
    return client.post(HEAD, logs, () => BODY, server.agent, controller.signal);
  }

  function get() {
    return client.get(HEAD, server.agent, controller.signal);
  }

  it('sends nothing while the circuit breaker is open, and gives the time that is left', async () => {
    client.breaker.tryAcquire()?.failure();
    time.tick(OPEN_MS - 600);
    const fate = { kind: 'undelivered', reason: 'breaker_open', retryAfterMs: 600 };
    assert.deepStrictEqual(await post(['a', 'b']), [fate, fate]);
    assert.deepStrictEqual(client.obstacle, fate);
    assert.deepStrictEqual(await get(), {
      kind: 'unavailable',
      error: 'breaker_open',
      retryAfterMs: 600,
    });
    assert.equal(server.received.length, 0);
  });

  it('lets one request probe, and others wait a second', async () => {
    probing();
    const probe = client.breaker.tryAcquire();
    assert.deepStrictEqual(await post(), [
      { kind: 'undelivered', reason: 'breaker_open', retryAfterMs: 1_000 },
    ]);
    probe?.cancel();
    assert.deepStrictEqual(await post(), [{ kind: 'delivered' }]);
  });

  /** Opens the breaker and waits until it admits a probe. */
  function probing(): void {
    client.breaker.tryAcquire()?.failure();
    time.tick(OPEN_MS);
    assert.equal(client.breaker.state, 'HALF_OPEN');
  }

  for (const [name, responder] of [
    ['was accepted', answer('{}')],
    ['was too large', status(413)],
  ] as [string, Responder][]) {
    it(`counts a success when the body ${name}`, async () => {
      probing();
      for (const state of ['HALF_OPEN', 'CLOSED']) {
        server.script.push(responder);
        await post();
        assert.equal(client.breaker.state, state);
      }
    });
  }

  for (const code of [400, 401, 403, 404]) {
    it(`counts ${code} as neither success nor failure: the way works`, async () => {
      server.script.push(status(code));
      await post();
      assert.equal(client.breaker.state, 'CLOSED');
      probing();
      server.script.push(status(code));
      await post();
      assert.equal(client.breaker.state, 'HALF_OPEN');
      assert.ok(client.breaker.tryAcquire(), 'the next request may probe');
    });
  }

  for (const [name, responder] of [
    ['501', status(501)],
    ['503', status(503)],
    ['407', status(407)],
    ['a redirect', status(303)],
    ['a sign-in page', answer('<html>')],
    ['a reset', reset],
  ] as [string, Responder][]) {
    it(`counts ${name} as a failure, of either request`, async () => {
      server.script.push(responder);
      await post();
      assert.equal(client.breaker.state, 'OPEN');
      time.tick(OPEN_MS);
      server.flagScript.push(responder);
      assert.notEqual((await get()).kind, 'ok');
      assert.equal(client.breaker.state, 'OPEN');
    });
  }

  it('reports the word for each failure', async () => {
    server.script.push(answer('{}'), status(400), status(401), status(501));
    for (let batch = 0; batch < 4; batch += 1) await post();
    assert.deepStrictEqual(errors, ['400', '401', '501']);
  });

  it('pauses for as long as Retry-After says', async () => {
    create({ circuitBreaker: { failureThreshold: 9 } });
    server.script.push(status(503), status(429, { 'Retry-After': '7' }));
    await post();
    assert.equal(client.obstacle, undefined);
    await post();
    const fate = { kind: 'undelivered', reason: 'retryable', retryAfterMs: 7_000 };
    assert.deepStrictEqual(client.obstacle, fate);
    assert.deepStrictEqual(await post(), [fate]);
    assert.ok(client.hasTrouble);
    assert.equal(server.posts().length, 2);
    time.tick(7_000);
    assert.deepStrictEqual(await post(), [{ kind: 'delivered' }]);
    assert.ok(!client.hasTrouble);
  });

  it('aborts a request under way', async () => {
    server.script.push((...args) => {
      hang(...args);
      controller.abort();
    });
    assert.deepStrictEqual(await post(), [{ kind: 'undelivered', reason: 'shutdown' }]);
    assert.equal(client.breaker.state, 'CLOSED');
  });

  describe('retries', () => {
    const FAILED = { kind: 'undelivered', reason: 'retryable', retryAfterMs: undefined };

    beforeEach(() => create({ retry: QUICK, circuitBreaker: { failureThreshold: 9 } }));

    it('three times, then gives the logs back', async () => {
      server.script.push(...Array.from({ length: 9 }, () => status(503)));
      assert.deepStrictEqual(await post(), [FAILED]);
      assert.equal(server.posts().length, 4);
    });

    it('once per batch while the way is failing, and three times after a success', async () => {
      server.script.push(...Array.from({ length: 5 }, () => status(503)));
      await post();
      await post();
      assert.equal(server.posts().length, 5);
      assert.deepStrictEqual(await post(), [{ kind: 'delivered' }]);
      server.script.push(status(503));
      assert.deepStrictEqual(await post(), [{ kind: 'delivered' }]);
    });

    it('in one batch only, while all others on the way come back', async () => {
      server.script.push(...Array.from({ length: 13 }, () => status(503)));
      const fates = await Promise.all(Array.from({ length: 10 }, () => post()));
      assert.deepStrictEqual(
        fates,
        Array.from({ length: 10 }, () => [FAILED]),
      );
      assert.equal(server.posts().length, 13);
    });

    it('no more when another batch was told to wait meanwhile', async () => {
      create({ retry: { baseDelayMs: 50, jitterMs: 0 }, circuitBreaker: { failureThreshold: 9 } });
      server.script.push(status(503), status(429, { 'Retry-After': '60' }));
      const [first, second] = await Promise.all([post(), post()]);
      assert.equal(first?.[0]?.kind, 'undelivered');
      assert.equal(second?.[0]?.kind, 'undelivered');
      assert.equal(server.posts().length, 2);
    });

    it('after a short Retry-After, not after a long one', async () => {
      create({ retry: { maxDelayMs: 1_000 }, circuitBreaker: { failureThreshold: 9 } });
      server.script.push(status(429, { 'Retry-After': '0' }), status(429, { 'Retry-After': '2' }));
      assert.deepStrictEqual(await post(), [{ ...FAILED, retryAfterMs: 2_000 }]);
      assert.equal(server.posts().length, 2);
    });

    it('not after a try of more than two seconds', async () => {
      server.script.push((...args) => {
        time.tick(2_001);
        status(503)(...args);
      });
      assert.deepStrictEqual(await post(), [FAILED]);
      assert.equal(server.posts().length, 1);
    });

    it('not after an abort, which ends the wait', async () => {
      create({ retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 } });
      server.script.push((...args) => {
        status(503)(...args);
        setImmediate(() => setTimeout(() => controller.abort(), 20));
      });
      assert.deepStrictEqual(await post(), [{ kind: 'undelivered', reason: 'shutdown' }]);
    });
  });

  describe('shows each body', () => {
    let diag: DiagRecorder;

    beforeEach(() => {
      diag = new DiagRecorder().install();
    });
    afterEach(() => diag.remove());

    it('to onPayload', async () => {
      const shown: unknown[] = [];
      create({ onPayload: (payload) => shown.push(payload) });
      await post();
      assert.deepStrictEqual(shown, [
        { host: HOST.key, path: '/telemetry-ext', body: '{"protoLogs":["a"]}' },
      ]);
      assert.equal(diag.lines.length, 0);
    });

    const FAILURES: Readonly<Record<string, () => unknown>> = {
      throws: () => {
        throw new Error('of the application');
      },
      rejects: () => Promise.reject(new Error('of the application')),
      'returns a promise of another realm': () => foreign('Promise.reject(new Error())'),
      'returns a thenable that rejects': () => foreign('({ then: (_, reject) => reject() })'),
      'returns a thenable that throws': () => foreign('({ then() { throw new Error(); } })'),
      'returns an object whose then throws': () => foreign('({ get then() { throw 1; } })'),
    };
    for (const [name, callback] of Object.entries(FAILURES)) {
      it(`to an onPayload that ${name}: a debug line and no unhandled rejection`, async () => {
        create({ onPayload: callback });
        assert.deepStrictEqual(await post(), [{ kind: 'delivered' }]);
        assert.ok(diag.lines.some(({ text }) => text.includes('onPayload failed')));
      });
    }
  });
});
