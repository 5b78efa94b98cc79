import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type {
  ConnectionAccess,
  DatabricksAccess,
} from '@dbsql-otel/instrumentation-databricks-sql';
import { resolveExporterOptions } from '../../src/config';
import type { DatabricksTelemetryExporterOptions } from '../../src/config';
import type { ConnectionBatch, OutgoingRecord } from '../../src/delivery/connection-batch';
import { Delivery } from '../../src/delivery/delivery';
import type { Fate } from '../../src/record';
import { DiagRecorder } from '../diag-recorder';
import { HOST, span } from '../fixtures/spans';
import { TelemetryServer, answer, decode, hang, reset, status } from '../fixtures/telemetry-server';
import type { Responder } from '../fixtures/telemetry-server';

const operation: OutgoingRecord = {
  span: span('open_session'),
  join: { kind: 'operation', completion: undefined },
};
const failed: OutgoingRecord = {
  span: span('open_session', { isError: true }),
  join: { kind: 'error', completion: undefined },
};
const unreadable: OutgoingRecord = {
  ...operation,
  span: {
    ...span('open_session'),
    spanContext: (): never => {
      throw new Error('broken');
    },
  },
};
const DELIVERED: Fate = { kind: 'delivered' };
const NO_CREDENTIALS: Fate = { kind: 'dropped', reason: 'no_credentials' };
const REFUSED: Fate = { kind: 'dropped', reason: 'refused' };
const UNTRANSLATABLE: Fate = { kind: 'dropped', reason: 'untranslatable' };
const FOREVER = new Promise<never>(() => undefined);

const oneAtATime: Responder = (request, response) =>
  (decode(request.body).length > 1 ? status(413) : answer({ numProtoSuccess: 1 }))(
    request,
    response,
  );

const hangForOne: Responder = (request, response) => {
  const isHanging = request.headers.authorization === 'Bearer h';
  (isHanging ? hang : answer({}))(request, response);
};

/** One span per record. */
function batchOf(
  records: readonly OutgoingRecord[] = [operation],
  parts: Partial<ConnectionBatch> = {},
): ConnectionBatch {
  return {
    connectionId: 'c1',
    facts: { 'server.address': HOST },
    records,
    ...parts,
  };
}

describe('Delivery', () => {
  let server: TelemetryServer;
  let controller: AbortController;
  let diag: DiagRecorder;
  let delivery: Delivery;
  let connections: Map<string, ConnectionAccess>;
  let asked: number;

  before(async () => {
    server = await TelemetryServer.start();
  });
  after(() => server.stop());
  beforeEach(() => {
    controller = new AbortController();
    diag = new DiagRecorder().install();
    connections = new Map();
    asked = 0;
    server.received.length = server.script.length = server.flagScript.length = 0;
    server.flag = 'true';
    open('c1');
    create();
  });
  afterEach(() => diag.remove());

  function create(options: DatabricksTelemetryExporterOptions = {}): void {
    const access: DatabricksAccess = {
      connection: (id) => connections.get(id),
      onClosed: () => () => undefined,
      release: () => undefined,
    };
    const resolved = resolveExporterOptions({ access, retry: { maxRetries: 0 }, ...options });
    delivery = new Delivery(resolved, controller.signal);
  }

  function open(id: string, parts: Partial<ConnectionAccess> = {}): void {
    connections.set(id, {
      host: HOST,
      port: 443,
      orgId: undefined,
      userAgent: undefined,
      headers: () => {
        asked += 1;
        return Promise.resolve({ Authorization: 'Bearer x' });
      },
      agent: () => Promise.resolve(server.agent),
      ...parts,
    });
  }

  async function sent(
    records?: readonly OutgoingRecord[],
    parts?: Partial<ConnectionBatch>,
  ): Promise<Fate[]> {
    const [fates = []] = await delivery.export([batchOf(records, parts)]);
    return fates;
  }

  /** Refuses the next posts. */
  function refuse(times: number, code = 401): void {
    server.script.push(...Array.from({ length: times }, () => status(code)));
  }

  function anonymous(records: readonly OutgoingRecord[]): Promise<Fate[]> {
    return sent(records, { connectionId: 'anonymous' });
  }

  /** One record of each connection. */
  function all(ids: readonly string[]): Promise<Fate[][]> {
    return delivery.export(ids.map((connectionId) => batchOf([operation], { connectionId })));
  }

  /** Finds the feature flag on. */
  async function turnOn(): Promise<void> {
    assert.deepStrictEqual(await sent(), [DELIVERED]);
    server.received.length = 0;
  }

  it('counts what is under way, what became of it and why', async () => {
    const running = sent([operation, operation]);
    const known = { breaker: 'CLOSED', connections: 1, lastError: undefined };
    assert.deepStrictEqual(delivery.stats(), {
      [HOST]: { ...known, flag: 'unknown', pending: 2, delivered: 0, dropped: {} },
    });
    await running;
    assert.deepStrictEqual(delivery.stats(), {
      [HOST]: { ...known, flag: 'on', pending: 0, delivered: 2, dropped: {} },
    });
    server.script.push(status(400), status(501));
    await sent([operation, operation, operation]);
    await sent();
    const expected = {
      [HOST]: {
        ...known,
        flag: 'on',
        pending: 0,
        delivered: 2,
        dropped: { refused: 3 },
        lastError: '501',
      },
    };
    assert.deepStrictEqual(delivery.stats(), expected);
    delivery.release('c1');
    delivery.release('c1');
    delivery.release('unknown');
    const closed = { [HOST]: { ...expected[HOST], connections: 0 } };
    assert.deepStrictEqual(delivery.stats(), closed, 'after the last connection was closed');
    delivery.close();
    assert.deepStrictEqual(delivery.stats(), closed, 'after the shutdown');
  });

  it('counts the hosts of the last connections, and no more than 128 idle ones', async () => {
    create({ unauthenticatedFallback: false });
    connections.clear();
    for (let index = 0; index < 200; index += 1) {
      await sent([operation], { facts: { 'server.address': `h${index}.example.com` } });
    }
    const hosts = Object.keys(delivery.stats());
    assert.equal(hosts.length, 128);
    assert.equal(hosts.at(-1), 'h199.example.com');
  });

  it('drops what it cannot read: it must not come back forever', async () => {
    const facts = {
      get 'databricks.driver.version'(): never {
        throw new Error('broken');
      },
    };
    assert.deepStrictEqual(await sent([operation, failed], { facts }), [
      UNTRANSLATABLE,
      UNTRANSLATABLE,
    ]);
    assert.ok(diag.lines.some(({ text }) => text.includes('a batch failed')));
    assert.equal(delivery.stats()[HOST]?.pending, 0);
  });

  it('drops what it finds no destination for', async () => {
    const broken = {
      get host(): never {
        throw new Error('broken');
      },
    };
    connections.set('c1', broken as never);
    assert.deepStrictEqual(await sent(), [{ kind: 'dropped', reason: 'host_refused' }]);
    assert.ok(diag.lines.some(({ text }) => text.includes('destination failed')));
  });

  it('drops a record that cannot be read, and no other', async () => {
    const records = [unreadable, operation, unreadable];
    assert.deepStrictEqual(await sent(records), [UNTRANSLATABLE, DELIVERED, UNTRANSLATABLE]);
    server.script.push(status(503));
    const fates = await sent(records);
    assert.deepEqual(
      fates.map(({ kind }) => kind),
      ['dropped', 'undelivered', 'dropped'],
    );
  });

  it('posts nothing when no record can be translated', async () => {
    assert.deepStrictEqual(await sent([unreadable]), [UNTRANSLATABLE]);
    assert.equal(server.posts().length, 0);
    assert.ok(diag.lines.some(({ text }) => text.includes('translation failed')));
  });

  it('uses the default agent when the connection has none', async () => {
    const silent = createServer((socket) => socket.destroy());
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const connected = once(silent, 'connection');
    const { port } = silent.address() as AddressInfo;
    open('c1', { host: '127.0.0.1', port, agent: () => Promise.resolve(undefined) });
    create({ allowPrivateHosts: true });
    const fates = sent();
    await connected;
    silent.close();
    assert.equal((await fates)[0]?.kind, 'undelivered');
  });

  describe('of credentials', () => {
    it('asks for none while the circuit breaker is open', async () => {
      await turnOn();
      server.script.push(...Array.from({ length: 5 }, () => status(501)));
      for (let batch = 0; batch < 5; batch += 1) await sent();
      asked = 0;
      const [fate] = await sent();
      assert.ok(fate?.kind === 'undelivered' && fate.reason === 'breaker_open');
      assert.equal(asked, 0);
    });

    it('asks for none while the service wants to be left alone', async () => {
      await turnOn();
      server.script.push(status(429, { 'Retry-After': '30' }));
      await sent();
      asked = 0;
      const [fate] = await sent();
      assert.ok(fate?.kind === 'undelivered' && fate.reason === 'retryable');
      assert.ok((fate.retryAfterMs ?? 0) > 29_000);
      assert.equal(asked, 0);
    });

    it('gives everything back when the provider does not answer in time', async () => {
      open('c1', { headers: () => FOREVER });
      create({ credentialsTimeoutMs: 5 });
      const undelivered = { kind: 'undelivered', reason: 'credentials_unavailable' };
      assert.deepStrictEqual(await sent([operation, failed]), [undelivered, undelivered]);
      assert.equal(server.received.length, 0);
      assert.equal(diag.warnings(''), 0);
    });

    it('gives everything back when it is shut down while it waits', async () => {
      const shutDown = [{ kind: 'undelivered', reason: 'shutdown' }];
      for (const member of ['headers', 'agent'] as const) {
        controller = new AbortController();
        create();
        open('c1', { [member]: () => FOREVER });
        const fates = sent();
        controller.abort();
        assert.deepStrictEqual(await fates, shutDown);
      }
      controller = new AbortController();
      create();
      open('c1');
      server.flagScript.push(() => controller.abort());
      assert.deepStrictEqual(await sent(), [{ ...shutDown[0], retryAfterMs: undefined }]);
    });

    it('does not go around an agent that cannot be had', async () => {
      open('c1', { agent: () => Promise.reject(new Error('of a proxy')) });
      assert.deepStrictEqual(await sent(), [
        { kind: 'undelivered', reason: 'credentials_unavailable' },
      ]);
      assert.equal(server.received.length, 0);
    });

    it('takes headers from a function that returns them synchronously', async () => {
      create({
        access: undefined,
        host: HOST,
        agent: server.agent,
        headers: () => ({ Authorization: 'Bearer y' }),
      });
      assert.deepStrictEqual(await sent(), [DELIVERED]);
      assert.equal(server.posts()[0]?.headers.authorization, 'Bearer y');
    });

    for (const [name, parts] of [
      ['of the provider', { headers: () => Promise.resolve({ Authorization: 'Bearer a\nb' }) }],
      [
        'with an invalid name',
        { headers: () => Promise.resolve({ Authorization: 'x', 'ü y': '' }) },
      ],
    ] as const) {
      it(`reports a header ${name} that HTTP does not allow as such`, async () => {
        open('c1', parts);
        for (let batch = 0; batch < 2; batch += 1) {
          assert.deepStrictEqual(await sent([operation, failed]), [
            { kind: 'dropped', reason: 'invalid_headers' },
            { kind: 'dropped', reason: 'invalid_headers' },
          ]);
        }
        assert.equal(server.received.length, 0);
        assert.equal(diag.warnings('HTTP does not allow the header'), 1);
        assert.equal(diag.warnings('refused the credentials'), 0);
      });
    }
  });

  describe('of the feature flag', () => {
    it('gives records back, with the wait that the service asked for', async () => {
      server.flagScript.push(status(503, { 'Retry-After': '7' }));
      assert.deepStrictEqual(await sent(), [
        { kind: 'undelivered', reason: 'flag_unknown', retryAfterMs: 7_000 },
      ]);
    });

    for (const [name, responder] of [
      ['407', status(407)],
      ['408', status(408)],
      ['421', status(421)],
      ['425', status(425)],
      ['451', status(451)],
      ['499', status(499)],
      ['a sign-in page', answer('<html>')],
      ['a redirect', status(303)],
      ['200 with an error code', answer({ error_code: 'TEMPORARILY_UNAVAILABLE' })],
      ['a reset', reset],
    ] as [string, Responder][]) {
      it(`does not take ${name} for the word of the service`, async () => {
        server.flagScript.push(responder);
        const [fate] = await sent();
        assert.ok(fate?.kind === 'undelivered' && fate.reason === 'flag_unknown', name);
        assert.equal(delivery.stats()[HOST]?.flag, 'unknown');
        assert.deepStrictEqual(await sent(), [DELIVERED]);
      });
    }

    it('asks for the release in the spans rather than in the user agent', async () => {
      open('c1', { userAgent: 'NodejsDatabricksSqlConnector/1.9.0 (x)' });
      await sent([operation], { facts: { 'databricks.driver.version': '2.0.1' } });
      assert.match(server.flagRequests()[0]?.path ?? '', /\/NODEJS\/2\.0\.1$/);
    });
  });

  describe('of refused credentials', () => {
    it('asks once for fresh ones after a 401, and delivers with them', async () => {
      refuse(1);
      assert.deepStrictEqual(await sent([operation, failed]), [DELIVERED, DELIVERED]);
      assert.equal(asked, 2);
      assert.deepStrictEqual(
        server.posts().map(({ path }) => path),
        ['/telemetry-ext', '/telemetry-ext'],
      );
      assert.equal(diag.warnings(''), 0);
    });

    it('asks once for fresh ones after a 401 of the flag', async () => {
      server.flagScript.push(status(401));
      assert.deepStrictEqual(await sent(), [DELIVERED]);
      assert.equal(asked, 2);
    });

    it('asks for fresh ones as such, and not after the shutdown has begun', async () => {
      const refreshes: unknown[] = [];
      open('c1', {
        headers: (options) => {
          refreshes.push(options?.refresh);
          return Promise.resolve({ Authorization: 'Bearer x' });
        },
      });
      refuse(1);
      assert.deepStrictEqual(await sent(), [DELIVERED]);
      assert.deepEqual(refreshes, [false, true]);
      delivery.shutdownBegins();
      refuse(1);
      assert.deepStrictEqual(await sent(), [DELIVERED]);
      assert.deepEqual(refreshes, [false, true, false, false]);
    });

    it('asks for no others after a 403, nor for static ones', async () => {
      refuse(1, 403);
      assert.deepStrictEqual(await sent(), [REFUSED]);
      assert.equal(asked, 1);
      create({ access: undefined, host: HOST, agent: server.agent, token: 'x' });
      refuse(1);
      assert.deepStrictEqual(await sent(), [REFUSED]);
    });

    it('reports only the errors, without authentication', async () => {
      await turnOn();
      refuse(2);
      assert.deepStrictEqual(await sent([operation, failed]), [REFUSED, DELIVERED]);
      assert.equal(server.logs('/telemetry-unauth').length, 1);
    });

    it('keeps the fate of the records that were delivered before', async () => {
      await turnOn();
      server.script.push(oneAtATime, oneAtATime, status(403));
      assert.deepStrictEqual(await sent([operation, failed]), [DELIVERED, DELIVERED]);
      assert.equal(server.posts('/telemetry-unauth').length, 1);
    });

    it('warns once, and again after a record of the connection was delivered', async () => {
      const warnings = async (): Promise<number> => {
        refuse(1, 403);
        await sent();
        return diag.warnings(`${HOST} refused the credentials of a connection`);
      };
      assert.equal(await warnings(), 1);
      assert.equal(await warnings(), 1);
      assert.deepStrictEqual(await sent([unreadable, operation]), [UNTRANSLATABLE, DELIVERED]);
      assert.equal(await warnings(), 2);
    });

    it('drops errors that are refused without authentication as well', async () => {
      await turnOn();
      refuse(3);
      assert.deepStrictEqual(await sent([failed]), [REFUSED]);
      assert.equal(server.posts('/telemetry-unauth').length, 1);
    });
  });

  describe('without credentials', () => {
    beforeEach(() => open('anonymous', { headers: () => Promise.resolve({}) }));

    it('posts nothing while the flag is unknown', async () => {
      assert.deepStrictEqual(await anonymous([operation, failed]), [
        NO_CREDENTIALS,
        NO_CREDENTIALS,
      ]);
      assert.equal(server.received.length, 0);
      assert.equal(diag.warnings(`a connection to ${HOST} has no credentials`), 1);
    });

    it('posts nothing when the flag is off', async () => {
      server.flag = 'false';
      assert.deepStrictEqual(await sent(), [{ kind: 'dropped', reason: 'flag_off' }]);
      server.received.length = 0;
      assert.deepStrictEqual(await anonymous([operation, failed]), [
        NO_CREDENTIALS,
        NO_CREDENTIALS,
      ]);
      assert.equal(server.received.length, 0);
    });

    it('posts only errors when another connection has found the flag on', async () => {
      await turnOn();
      assert.deepStrictEqual(await anonymous([operation, failed, operation]), [
        NO_CREDENTIALS,
        DELIVERED,
        NO_CREDENTIALS,
      ]);
      const [post] = server.received;
      assert.equal(post?.path, '/telemetry-unauth');
      assert.equal(server.logs('/telemetry-unauth').length, 1);
      const userAgent = 'NodejsDatabricksSqlConnector';
      assert.equal(post?.headers['user-agent'], userAgent);
      assert.ok(!post?.body.includes(process.versions.node));
    });

    for (const ids of [
      ['anonymous', 'c1'],
      ['c1', 'anonymous'],
    ]) {
      it(`posts errors when ${ids.join(' and ')} are sent together and find the flag on`, async () => {
        const batches = ids.map((connectionId) => batchOf([failed], { connectionId }));
        assert.deepStrictEqual(await delivery.export(batches), [[DELIVERED], [DELIVERED]]);
        assert.equal(server.posts('/telemetry-unauth').length, 1);
      });
    }

    it('gives back what is not an error when the provider failed', async () => {
      open('anonymous', { headers: () => Promise.reject(new Error('token')) });
      await turnOn();
      assert.deepStrictEqual(await anonymous([operation, failed]), [
        { kind: 'undelivered', reason: 'credentials_unavailable' },
        DELIVERED,
      ]);
    });

    it('neither asks nor warns when the provider has not served the driver', async () => {
      open('anonymous', {
        isAuthenticated: false,
        headers: () => {
          asked += 1;
          return FOREVER;
        },
      });
      assert.deepStrictEqual(await anonymous([operation, failed]), [
        NO_CREDENTIALS,
        NO_CREDENTIALS,
      ]);
      assert.equal(asked, 0);
      assert.equal(diag.warnings(''), 0);
    });

    it('sends nothing of connections that are gone, and warns once', async () => {
      await turnOn();
      for (const connectionId of ['gone-1', 'gone-2']) {
        assert.deepStrictEqual(await sent([operation, failed], { connectionId }), [
          NO_CREDENTIALS,
          NO_CREDENTIALS,
        ]);
      }
      assert.equal(server.received.length, 0);
      assert.equal(diag.warnings(`a connection to ${HOST} has no credentials`), 1);
      assert.equal(delivery.stats()[HOST]?.connections, 1);
    });
  });

  describe('of several connections', () => {
    const ids = Array.from({ length: 50 }, (_, index) => `p${index}`);

    it('shares one request between equal identities', async () => {
      for (const id of ids) open(id);
      assert.deepStrictEqual(
        await all(ids),
        ids.map(() => [DELIVERED]),
      );
      assert.equal(server.received.length, 2);
      assert.equal(server.logs().length, 50);
    });

    for (const [name, parts] of [
      ['credentials', { headers: () => Promise.resolve({ Authorization: 'Bearer z' }) }],
      ['org ids', { orgId: '42' }],
      ['user agents', { userAgent: 'NodejsDatabricksSqlConnector/2.1.0 (z)' }],
      [
        'custom headers',
        { headers: () => Promise.resolve({ Authorization: 'Bearer x', 'X-A': '' }) },
      ],
    ] as [string, Partial<ConnectionAccess>][]) {
      it(`shares no request between different ${name}`, async () => {
        open('c2', parts);
        assert.deepStrictEqual(await all(['c1', 'c2']), [[DELIVERED], [DELIVERED]]);
        assert.equal(server.posts().length, 2);
      });
    }

    it('asks each of them for fresh credentials after a 401, and still shares requests', async () => {
      for (const id of ids) open(id);
      server.script.push(status(401));
      await all(ids);
      assert.equal(asked, 100);
      assert.equal(server.posts().length, 2);
    });

    it('warns once of credentials that they share', async () => {
      for (const id of ids) open(id);
      server.script.push(status(403));
      await all(ids);
      assert.equal(diag.warnings('refused the credentials'), 1);
    });

    it('does not wait long for a slow provider', async () => {
      const posted = new Promise<void>((resolve) => {
        server.script.push((...args) => {
          answer({})(...args);
          resolve();
        });
      });
      // Answers only after the other connection's request has arrived.
      open('slow', { headers: () => posted.then(() => ({ Authorization: 'Bearer slow' })) });
      assert.deepStrictEqual(await all(['c1', 'slow']), [[DELIVERED], [DELIVERED]]);
    });

    it('delivers the records of one while the request of another hangs', async () => {
      open('hangs', { headers: () => Promise.resolve({ Authorization: 'Bearer h' }) });
      await turnOn();
      server.script.push(hangForOne, hangForOne);
      create({ requestTimeoutMs: 50 });
      const [own, hanging] = await all(['c1', 'hangs']);
      assert.deepStrictEqual(own, [DELIVERED]);
      assert.equal(hanging?.[0]?.kind, 'undelivered');
    });
  });

  it('rehearses every record of a dry run, and drops those that cannot be read', async () => {
    const bodies: string[] = [];
    create({ dryRun: ({ body }) => bodies.push(body) });
    assert.deepStrictEqual(await sent([unreadable, operation]), [UNTRANSLATABLE, DELIVERED]);
    assert.deepStrictEqual(
      bodies.map((body) => decode(body).length),
      [1],
    );
    assert.equal(server.received.length, 0);
    assert.equal(asked, 0);
  });

  it('owns the promise that a dry run`s function returns', async () => {
    create({ dryRun: () => Promise.reject(new Error('of the application')) });
    assert.deepStrictEqual(await sent(), [DELIVERED]);
    await new Promise(setImmediate);
    assert.ok(diag.lines.some(({ text }) => text.includes('dryRun failed')));
  });
});
