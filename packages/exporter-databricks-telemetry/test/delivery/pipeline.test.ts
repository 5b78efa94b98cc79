import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import {
  CIRCUIT_BREAKER_OPTIONS,
  type DatabricksTelemetryExporterOptions,
  resolveExporterOptions,
} from '../../src/config';
import { FeatureFlags } from '../../src/delivery/feature-flags';
import { HostClient } from '../../src/delivery/host-client';
import { type Item, Pipeline } from '../../src/delivery/pipeline';
import type { Route } from '../../src/delivery/route';
import { defaultsOf } from '../../src/option-validation';
import { DiagRecorder } from '../diag-recorder';
import { span } from '../fixtures/spans';
import {
  type Responder,
  TelemetryServer,
  answer,
  decode,
  status,
} from '../fixtures/telemetry-server';

const HOST = { hostname: 'a.example.com', port: 443, key: 'a.example.com' };

const operation: Item = { span: span('open_session'), kind: 'operation', completion: undefined };
const failed: Item = {
  span: span('open_session', { isError: true }),
  kind: 'error',
  completion: undefined,
};
const unreadable: Item = {
  ...operation,
  span: {
    ...span('open_session'),
    spanContext: (): never => {
      throw new Error('broken');
    },
  },
};

const one: Responder = (request, response) =>
  (decode(request.body).length > 1 ? status(413) : answer({ numProtoSuccess: 1 }))(
    request,
    response,
  );

const nothing = () => Promise.resolve({});
const failing = () => Promise.reject(new Error('of a proxy'));

describe('Pipeline', () => {
  let server: TelemetryServer;
  let controller: AbortController;
  let diag: DiagRecorder;
  let nowMs: number;
  let client: HostClient;
  let flags: FeatureFlags;
  let asked: number;

  before(async () => {
    server = await TelemetryServer.start();
  });
  after(() => server.stop());
  beforeEach(() => {
    controller = new AbortController();
    diag = new DiagRecorder().install();
    nowMs = 1;
    asked = 0;
    client = new HostClient(HOST, defaultsOf(CIRCUIT_BREAKER_OPTIONS), () => nowMs);
    flags = new FeatureFlags(() => nowMs);
    server.received.length = server.script.length = server.flagScript.length = 0;
    server.flag = 'true';
  });
  afterEach(() => diag.remove());

  function routeOf(parts: Partial<Route> = {}): Route {
    return {
      connectionId: 'c1',
      host: HOST,
      facts: {},
      orgId: undefined,
      userAgent: undefined,
      headers: () => {
        asked += 1;
        return Promise.resolve({ Authorization: 'Bearer x' });
      },
      agent: () => Promise.resolve(server.agent),
      needsAgent: false,
      isGone: false,
      ...parts,
    };
  }

  function exported(
    items: readonly Item[],
    route: Partial<Route> = {},
    options: DatabricksTelemetryExporterOptions = {},
  ) {
    const resolved = resolveExporterOptions({ retry: { maxRetries: 0 }, ...options });
    const pipeline = new Pipeline(resolved, flags, undefined, controller.signal);
    return pipeline.export(items, routeOf(route), client);
  }

  describe('for a host that is not to be spoken to', () => {
    it('asks for no credentials while the circuit breaker is open', async () => {
      for (let failure = 0; failure < 5; failure += 1) {
        client.breaker.tryAcquire()?.failure();
      }
      assert.deepStrictEqual(await exported([operation]), [
        { kind: 'undelivered', reason: 'breaker_open', retryAfterMs: 60_000 },
      ]);
      assert.equal(asked, 0);
    });

    it('nor while it wants to be left alone, and not a moment longer', async () => {
      client.pausedUntilMs = nowMs + 5;
      assert.deepStrictEqual(await exported([operation]), [
        { kind: 'undelivered', reason: 'retryable', retryAfterMs: 5 },
      ]);
      assert.equal(asked, 0);
      nowMs += 5;
      assert.deepStrictEqual(await exported([operation]), [{ kind: 'delivered' }]);
    });
  });

  describe('when credentials do not come', () => {
    const FOREVER = new Promise<never>(() => undefined);

    it('hands everything back, errors as well, and warns of nothing', async () => {
      const undelivered = { kind: 'undelivered', reason: 'credentials_unavailable' };
      const options = { credentialsTimeoutMs: 5 };
      assert.deepStrictEqual(
        await exported([operation, failed], { headers: () => FOREVER }, options),
        [undelivered, undelivered],
      );
      assert.equal(server.received.length, 0);
      assert.equal(diag.warnings(''), 0);
    });

    it('says that it is shut down, if it is', async () => {
      const outcome = exported([operation], { headers: () => FOREVER });
      controller.abort();
      assert.deepStrictEqual(await outcome, [{ kind: 'undelivered', reason: 'shutdown' }]);
    });

    it('goes no other way than that of the connection, which cannot be had', async () => {
      assert.deepStrictEqual(await exported([operation], { agent: failing }), [
        { kind: 'undelivered', reason: 'credentials_unavailable' },
      ]);
    });
  });

  it('speaks to the host itself where the connection has no agent and needs none', async () => {
    const silent = createServer((socket) => socket.destroy());
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const connected = once(silent, 'connection');
    const { port } = silent.address() as AddressInfo;
    const host = { hostname: '127.0.0.1', port, key: `127.0.0.1:${port}` };
    const outcome = exported([operation], { host, agent: undefined });
    await connected;
    silent.close();
    assert.equal((await outcome)[0]?.kind, 'undelivered');
  });

  describe('and the flag', () => {
    it('hands back what the service wants to have later', async () => {
      server.flagScript.push(status(503, { 'Retry-After': '7' }));
      assert.deepStrictEqual(await exported([operation]), [
        { kind: 'undelivered', reason: 'flag_unknown', retryAfterMs: 7_000 },
      ]);
    });

    it('knows of no time where none was told', async () => {
      server.flagScript.push(status(503));
      assert.deepStrictEqual(await exported([operation]), [
        { kind: 'undelivered', reason: 'flag_unknown', retryAfterMs: undefined },
      ]);
    });

    it('says that it is shut down while it asks, if it is', async () => {
      server.flagScript.push(() => controller.abort());
      assert.deepStrictEqual(await exported([operation]), [
        { kind: 'undelivered', reason: 'shutdown', retryAfterMs: undefined },
      ]);
    });

    it('is asked for the release that the connection tells, not its user agent', async () => {
      const facts = { 'databricks.driver.version': '2.0.1' };
      await exported([operation], { facts, userAgent: 'NodejsDatabricksSqlConnector/1.9.0 (x)' });
      assert.match(server.flagRequests()[0]?.path ?? '', /\/NODEJS\/2\.0\.1$/);
    });
  });

  it('posts nothing when there is nothing to tell', async () => {
    const outcome = { kind: 'dropped', reason: 'untranslatable' };
    assert.deepStrictEqual(await exported([unreadable]), [outcome]);
    assert.equal(server.posts().length, 0);
    assert.ok(diag.lines.some(({ text }) => text.includes('translation failed')));
  });

  describe('when a part of it is refused', () => {
    it('reports its errors without authentication, and each where it belongs', async () => {
      server.script.push(one, one, status(401));
      assert.deepStrictEqual(await exported([operation, failed]), [
        { kind: 'delivered' },
        { kind: 'delivered' },
      ]);
      assert.equal(server.posts('/telemetry-unauth').length, 1);
    });

    it('warns, and warns again only after a batch of which something got through', async () => {
      const refuse = async (): Promise<number> => {
        server.script.push(status(401));
        await exported([operation]);
        return diag.warnings('a.example.com refused the credentials of a connection');
      };
      assert.equal(await refuse(), 1);
      assert.equal(await refuse(), 1);
      assert.deepStrictEqual(await exported([unreadable, operation]), [
        { kind: 'dropped', reason: 'untranslatable' },
        { kind: 'delivered' },
      ]);
      assert.equal(await refuse(), 2);
    });

    it('gives up what is refused without authentication as well', async () => {
      server.script.push(status(401), status(401));
      assert.deepStrictEqual(await exported([failed]), [{ kind: 'dropped', reason: 'refused' }]);
    });
  });

  describe('without credentials', () => {
    it('tells its errors and nothing else', async () => {
      assert.deepStrictEqual(await exported([operation, failed, operation], { headers: nothing }), [
        { kind: 'dropped', reason: 'no_credentials' },
        { kind: 'delivered' },
        { kind: 'dropped', reason: 'no_credentials' },
      ]);
      assert.equal(server.logs('/telemetry-unauth').length, 1);
      assert.equal(diag.warnings('a connection to a.example.com has no credentials'), 1);
    });

    it('tells nothing to a host that wants nothing', async () => {
      server.flag = 'false';
      await exported([operation]);
      server.received.length = 0;
      assert.deepStrictEqual(await exported([failed], { headers: nothing }), [
        { kind: 'dropped', reason: 'flag_off' },
      ]);
      assert.deepStrictEqual(await exported([operation], { headers: nothing }), [
        { kind: 'dropped', reason: 'no_credentials' },
      ]);
      assert.equal(server.received.length, 0);
    });
  });

  it('rehearses every item, and says so of one that cannot be told', async () => {
    const options = resolveExporterOptions({});
    const bodies: string[] = [];
    const pipeline = new Pipeline(
      options,
      flags,
      ({ body }) => bodies.push(body),
      controller.signal,
    );
    assert.deepStrictEqual(await pipeline.export([unreadable, operation], routeOf(), client), [
      { kind: 'dropped', reason: 'untranslatable' },
      { kind: 'delivered' },
    ]);
    assert.deepStrictEqual(
      bodies.map((body) => decode(body).length),
      [1],
    );
    assert.equal(server.received.length, 0);
  });
});
