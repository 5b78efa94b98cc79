import * as assert from 'node:assert/strict';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { ProcessorOptions } from '@dbsql-otel/exporter-databricks-telemetry';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { FaultRule } from '@dbsql-otel/local-warehouse';
import * as sinon from 'sinon';
import { Bed, SHUTDOWN_LIMIT_MS, STORY_RECORDS } from './support/bed';
import type { AuthProvider, BedOptions, ConnectionOptions } from './support/bed';

interface Case {
  readonly faults?: readonly FaultRule[];
  readonly options?: BedOptions | ((warehouse: LocalWarehouse) => BedOptions);
  readonly flag?: Partial<LocalWarehouse['flag']>;
  readonly connection?: Partial<ConnectionOptions>;
  readonly auth?: (warehouse: LocalWarehouse) => AuthProvider;
  readonly midway?: (bed: Bed) => unknown;
  /** After the application is done, before the shutdown. */
  readonly before?: (bed: Bed) => unknown;
  /** Records of the story that the workspace is to have in the end, each once; at least these where an answer is lost. */
  readonly delivered: number;
  /** The answer is lost after the logs were taken: they come twice, with the same ids. */
  readonly losesAnswers?: boolean;
  readonly dropped?: Readonly<Record<string, number>>;
}

const down = (rule: FaultRule): FaultRule => ({ match: 'telemetry', ...rule });
const flagDown = (rule: FaultRule): FaultRule => ({ match: 'feature-flags', ...rule });
const SWIFT: BedOptions = { exporter: { requestTimeoutMs: 150, credentialsTimeoutMs: 150 } };
/** Where everything has to arrive, a machine that stalls must not run into the deadline of 2 s. */
const PATIENT: ProcessorOptions = { shutdownTimeoutMs: 20_000 };
const BLOCKED_MS = 5_000;
const REAL_MS_PER_SECOND = 4;
const realSetTimeout = setTimeout;

type Clock = typeof import('../../../packages/exporter-databricks-telemetry/build/src/clock');
const CLOCK = join(__dirname, '../../../../packages/exporter-databricks-telemetry/build/src/clock');

/** Fakes the timers and clocks of Node.js and those that the exporter captured while it loaded. */
function useFakeClock(config: Parameters<typeof sinon.useFakeTimers>[0]): sinon.SinonFakeTimers {
  const { clock: captured } = require(CLOCK) as Clock;
  const fake = sinon.useFakeTimers(config);
  sinon.replace(captured, 'setTimeout', globalThis.setTimeout);
  sinon.replace(captured, 'clearTimeout', globalThis.clearTimeout);
  sinon.replace(captured, 'monotonicMs', () => performance.now());
  sinon.replace(captured, 'epochMs', () => Date.now());
  return fake;
}

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function changing(tokens: () => string | Promise<string>): AuthProvider {
  return { authenticate: async () => ({ Authorization: `Bearer ${await tokens()}` }) };
}

/** The warehouse's token until the story is through, then whatever `after` does. */
function until(
  state: { isOver: boolean },
  warehouse: LocalWarehouse,
  after: () => never | string | Promise<string>,
) {
  return changing(() => (state.isOver ? after() : warehouse.token));
}

const TELEMETRY_FRAME = /exporter-databricks-telemetry/;

/** The driver is always given the warehouse's token; telemetry, which asks the same provider, gets what `answer` does. */
function forTelemetry(warehouse: LocalWarehouse, answer: () => Promise<string>): AuthProvider {
  return changing(() =>
    TELEMETRY_FRAME.test(new Error('who asks?').stack ?? '') ? answer() : warehouse.token,
  );
}

const over = { isOver: false };
const end = (): void => {
  over.isOver = true;
};

const CASES: Readonly<Record<string, Case>> = {
  'nothing goes wrong': { delivered: STORY_RECORDS },
  'the endpoint is down from the start': {
    faults: [down({ status: 503 })],
    delivered: 0,
  },
  'a burst of 500': { faults: [down({ status: 500, times: 2 })], delivered: STORY_RECORDS },
  'a burst of 503': { faults: [down({ status: 503, times: 3 })], delivered: STORY_RECORDS },
  '429 with a short Retry-After': {
    faults: [down({ status: 429, retryAfter: 0, times: 3 })],
    delivered: STORY_RECORDS,
  },
  'a storm of 429 that asks for an hour': {
    faults: [down({ status: 429, retryAfter: 3600 })],
    delivered: 0,
  },
  'a connection that hangs': {
    options: (warehouse) => ({
      exporter: {
        ...SWIFT.exporter,
        host: '127.0.0.1',
        port: warehouse.port,
        token: warehouse.token,
        // The driver keeps its connection; telemetry needs one of its own.
        agent: new Agent({ rejectUnauthorized: false }),
      },
    }),
    midway: ({ warehouse }) => warehouse.fault({ connection: 'hang' }),
    delivered: 0,
  },
  'a hang before the headers': {
    faults: [down({ hang: 'headers' })],
    options: SWIFT,
    delivered: 0,
  },
  'a hang in the body': {
    faults: [down({ hang: 'body', times: 1 })],
    options: { exporter: { requestTimeoutMs: 1_000 } },
    delivered: STORY_RECORDS,
    losesAnswers: true,
  },
  'a reset': { faults: [down({ reset: true, times: 2 })], delivered: STORY_RECORDS },
  'an answer that breaks off by a reset': {
    faults: [down({ truncate: { bytes: 5, by: 'reset' }, times: 1 })],
    delivered: STORY_RECORDS,
    losesAnswers: true,
  },
  'an answer that ends too early': {
    faults: [down({ truncate: { bytes: 5, by: 'end' }, times: 1 })],
    delivered: STORY_RECORDS,
    losesAnswers: true,
  },
  'an answer without end': {
    faults: [down({ body: 'x'.repeat(200_000) })],
    delivered: 0,
    losesAnswers: true,
  },
  'a sign-in page with 200': {
    faults: [down({ status: 200, body: '<html>sign in</html>' })],
    delivered: 0,
    losesAnswers: true,
    dropped: { refused: STORY_RECORDS },
  },
  'nonsense with 200': {
    faults: [down({ status: 200, body: '["no object"]', times: 1 })],
    delivered: 0,
    losesAnswers: true,
  },
  'half of the logs refused': {
    faults: [down({ partialSuccess: 3, times: 1 })],
    delivered: STORY_RECORDS,
    losesAnswers: true,
  },
  'too large': { faults: [down({ status: 413, times: 2 })], delivered: STORY_RECORDS },
  'always too large': {
    faults: [down({ status: 413 })],
    delivered: 0,
    dropped: { too_large: STORY_RECORDS },
  },
  'a client error': {
    faults: [down({ status: 400 })],
    delivered: 0,
    dropped: { refused: STORY_RECORDS },
  },
  'a flag service that is down': {
    faults: [flagDown({ status: 503 })],
    delivered: 0,
  },
  'a flag service that is down for a while': {
    faults: [flagDown({ status: 503, times: 2 })],
    delivered: STORY_RECORDS,
  },
  'a slow flag service': { flag: { delayMs: 300 }, delivered: STORY_RECORDS },
  'a flag service that hangs': {
    faults: [flagDown({ hang: 'headers' })],
    options: SWIFT,
    delivered: 0,
  },
  'a flag that is off': {
    flag: { enabled: false },
    delivered: 0,
    dropped: { flag_off: STORY_RECORDS },
  },
  'a flag service that answers with nonsense': {
    faults: [flagDown({ body: { flags: 'yes', ttl_seconds: 'long' } })],
    delivered: 0,
    dropped: { flag_off: STORY_RECORDS },
  },
  'a flag service with a sign-in page': {
    faults: [flagDown({ body: '<html>' })],
    delivered: 0,
  },
  'credentials that throw': {
    auth: (warehouse) =>
      until(over, warehouse, () => {
        throw new Error('no credentials');
      }),
    options: { processor: { scheduledDelayMs: 60_000 } },
    before: end,
    // What was flushed with the client's close had its credentials.
    delivered: STORY_RECORDS,
  },
  'a provider that fails when telemetry asks': {
    auth: (warehouse) => forTelemetry(warehouse, () => Promise.reject(new Error('not for you'))),
    delivered: STORY_RECORDS,
  },
  'a provider that hangs when telemetry asks': {
    auth: (warehouse) => forTelemetry(warehouse, () => new Promise(() => undefined)),
    delivered: STORY_RECORDS,
  },
  'refused credentials, and a provider that fails when telemetry asks': {
    auth: (warehouse) => forTelemetry(warehouse, () => Promise.reject(new Error('not for you'))),
    faults: [down({ status: 401 })],
    delivered: 0,
    dropped: { refused: STORY_RECORDS },
  },
  'refused credentials, and a provider that hangs when telemetry asks': {
    auth: (warehouse) => forTelemetry(warehouse, () => new Promise(() => undefined)),
    faults: [down({ status: 401 })],
    options: SWIFT,
    delivered: 0,
    dropped: { refused: STORY_RECORDS },
  },
  'credentials that rotate': {
    auth: (warehouse) => changing(() => warehouse.tokens.issue(LocalWarehouse.DEFAULT_TENANT)),
    delivered: STORY_RECORDS,
  },
  'a clock that jumps an hour ahead': {
    midway: () => sinon.useFakeTimers({ now: Date.now() + 3_600_000, toFake: ['Date'] }),
    delivered: STORY_RECORDS,
  },
  'a clock that jumps an hour back': {
    midway: () => sinon.useFakeTimers({ now: Date.now() - 3_600_000, toFake: ['Date'] }),
    delivered: STORY_RECORDS,
  },
  'an event loop that is blocked': {
    options: { exporter: { requestTimeoutMs: 2_000 } },
    midway: () => {
      block(BLOCKED_MS);
    },
    delivered: STORY_RECORDS,
    losesAnswers: true,
  },
  'a disk that is full': {
    options: { exporter: { dryRun: 'file', dryRunPath: '/dev/full' } },
    // A rehearsal counts as delivered; the workspace gets nothing.
    delivered: 0,
    losesAnswers: true,
  },
  'a name that does not resolve': {
    connection: { host: 'localhost' },
    options: (warehouse) => ({
      exporter: {
        host: 'localhost',
        port: warehouse.port,
        token: warehouse.token,
        agent: new Agent({
          lookup: (_name, _options, callback) => {
            callback(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), []);
          },
        }),
      },
    }),
    delivered: 0,
  },
  'a certificate that does not verify': {
    options: (warehouse) => ({
      exporter: {
        host: '127.0.0.1',
        port: warehouse.port,
        token: warehouse.token,
        agent: new Agent(),
      },
    }),
    delivered: 0,
  },
};

describe('faults × invariants', function () {
  this.timeout(30_000);

  let warehouse: LocalWarehouse;
  let expected: readonly string[];

  before(async () => {
    warehouse = await LocalWarehouse.start();
    const bed = await Bed.start(warehouse);
    expected = await bed.story();
    await bed.stop();
  });
  after(() => warehouse.stop());
  afterEach(() => {
    sinon.restore();
    over.isOver = false;
  });

  for (const [name, test] of Object.entries(CASES)) {
    it(name, async () => {
      const options =
        typeof test.options === 'function' ? test.options(warehouse) : (test.options ?? {});
      const bed = await Bed.start(warehouse, {
        ...options,
        processor: { ...(test.delivered === STORY_RECORDS ? PATIENT : {}), ...options.processor },
      });
      Object.assign(warehouse.flag, test.flag);
      for (const fault of test.faults ?? []) warehouse.fault(fault);
      const seen = await bed.story(test.connection, test.auth?.(warehouse), () =>
        test.midway?.(bed),
      );
      await test.before?.(bed);
      const tookMs = await bed.stop();

      assert.deepStrictEqual(seen, expected);
      assert.ok(tookMs < SHUTDOWN_LIMIT_MS, `the shutdown took ${tookMs} ms`);
      const stats = bed.processor.stats();
      assert.strictEqual(stats.offered, STORY_RECORDS, JSON.stringify(stats));
      if (options.exporter?.dryRun === undefined) bed.assertInvariants();
      if (test.losesAnswers !== true) {
        assert.strictEqual(bed.accepted.length, test.delivered, JSON.stringify(stats));
        assert.strictEqual(stats.delivered, test.delivered, JSON.stringify(stats));
      }
      if (test.losesAnswers !== true || test.delivered > 0) {
        assert.strictEqual(new Set(bed.acceptedIds).size, test.delivered);
      }
      if (test.dropped) assert.deepStrictEqual(stats.dropped, test.dropped);
      const negative = JSON.stringify(bed.accepted).match(
        /"[a-z_]*(?:latency|millis)[a-z_]*":-\d+/,
      );
      assert.strictEqual(negative?.[0], undefined);
    });
  }

  for (const [name, validForMs, delivered] of [
    ['a certificate that has run out', -60_000, 0],
    ['the same certificate before it runs out', 60_000, STORY_RECORDS],
  ] as const) {
    it(name, async () => {
      const certificateValidUntil = new Date(Date.now() + validForMs);
      const workspace = await LocalWarehouse.start({ certificateValidUntil });
      try {
        const { authority, port, token } = workspace;
        const agent = new Agent({ ca: authority.certificate });
        const bed = await Bed.start(workspace, {
          exporter: { host: '127.0.0.1', port, token, agent },
          ...(delivered > 0 ? { processor: PATIENT } : {}),
        });
        assert.deepStrictEqual(await bed.story(), expected);
        await bed.stop();
        bed.assertInvariants();
        const { offered, pending, delivered: said } = bed.processor.stats();
        assert.deepStrictEqual(
          { offered, pending, said },
          { offered: STORY_RECORDS, pending: 0, said: delivered },
        );
        assert.strictEqual(bed.accepted.length, delivered);
        if (delivered === 0) assert.deepStrictEqual(workspace.requestsTo('feature-flags'), []);
      } finally {
        await workspace.stop();
      }
    });
  }

  it('follows no redirect', async () => {
    const other = await LocalWarehouse.start();
    try {
      const bed = await Bed.start(warehouse);
      const location = `https://127.0.0.1:${other.port}/telemetry-ext`;
      for (const match of ['telemetry', 'feature-flags']) {
        for (const status of [302, 307]) {
          warehouse.fault({ match, status, headers: { location }, times: 1 });
        }
      }
      assert.deepStrictEqual(await bed.story(), expected);
      await bed.stop();
      bed.assertInvariants();
      assert.deepStrictEqual(other.requests, []);
    } finally {
      await other.stop();
    }
  });

  it('keeps two tenants of one host apart', async () => {
    const bed = await Bed.start(warehouse, { processor: PATIENT });
    const token = warehouse.tokens.issue('second');
    await Promise.all([bed.story(), bed.story({ token })]);
    await bed.stop();
    bed.assertInvariants();
    const sessions = new Map<string, Set<string | undefined>>();
    for (const request of warehouse.requestsTo('ExecuteStatement')) {
      assert.ok(request.sessionId !== undefined);
      sessions.set(request.sessionId, new Set([request.tenant]));
    }
    assert.strictEqual(sessions.size, 2);
    for (const post of warehouse.telemetry) {
      for (const log of post.accepted) {
        const { entry } = log as { entry: { sql_driver_log: { session_id?: string } } };
        const owner = sessions.get(entry.sql_driver_log.session_id ?? '');
        assert.ok(owner?.has(post.tenant), JSON.stringify(log));
      }
    }
    assert.strictEqual(bed.accepted.length, 2 * STORY_RECORDS);
  });

  it('sends nothing authenticated with revoked credentials, and errors without', async () => {
    const bed = await Bed.start(warehouse, {
      processor: { scheduledDelayMs: 60_000, ...PATIENT },
    });
    const token = warehouse.tokens.issue('revoked');
    // The second answer goes to the credentials that were asked for once more.
    warehouse.fault({ match: 'telemetry', status: 401, times: 2 });
    assert.deepStrictEqual(await bed.story({ token }), expected);
    await bed.stop();
    bed.assertInvariants();
    assert.ok(warehouse.telemetry.some(({ path }) => path === '/telemetry-unauth'));
  });

  it('bounds what is kept while the endpoint is down', async () => {
    const processor = { maxQueueSize: 20, maxQueueBytes: 30_000, maxExportBatchSize: 5 };
    const bed = await Bed.start(warehouse, { processor });
    warehouse.fault(down({ status: 503 }));
    for (let index = 0; index < 8; index += 1) {
      assert.deepStrictEqual(await bed.story(), expected);
      const stats = bed.processor.stats();
      assert.ok(stats.pending <= processor.maxQueueSize, JSON.stringify(stats));
      assert.ok(stats.pendingBytes <= processor.maxQueueBytes, JSON.stringify(stats));
    }
    await bed.stop();
    bed.assertInvariants();
    assert.ok((bed.processor.stats().dropped.queue_full ?? 0) > 0);
  });

  it('refuses and comes back: everything arrives after two minutes of simulated time', async () => {
    const bed = await Bed.start(warehouse, {
      // The client is closed, and its credentials go with the grace period: the static ones stay.
      exporter: {
        requestTimeoutMs: 60_000,
        host: '127.0.0.1',
        port: warehouse.port,
        token: warehouse.token,
        agent: new Agent({ rejectUnauthorized: false, keepAlive: true }),
      },
    });
    const outage = warehouse.fault(down({ status: 503 }));
    const clock = useFakeClock({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
    });
    const pass = async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second += 1) {
        await clock.tickAsync(1_000);
        // The sockets are real, and want their time.
        await new Promise((resolve) => realSetTimeout(resolve, REAL_MS_PER_SECOND));
      }
    };
    const story = bed.story();
    const state = { isOver: false };
    const settled = (): void => {
      state.isOver = true;
    };
    story.then(settled, settled);
    while (!state.isOver) {
      await clock.tickAsync(10);
      await turn();
    }
    assert.deepStrictEqual(await story, expected);
    await pass(120);
    assert.strictEqual(bed.processor.stats().delivered, 0);
    assert.strictEqual(bed.processor.stats().pending, STORY_RECORDS);
    const tries = warehouse.requestsTo('telemetry').length;
    assert.ok(
      tries > 0 && tries < 60,
      `${tries} requests in two minutes: the breaker did not open`,
    );
    outage.remove();
    await pass(130);
    assert.strictEqual(bed.processor.stats().delivered, STORY_RECORDS);
    assert.strictEqual(new Set(bed.acceptedIds).size, STORY_RECORDS);
    assert.strictEqual(bed.accepted.length, STORY_RECORDS);
    clock.restore();
    sinon.restore();
    await bed.stop();
    bed.assertInvariants();
  });
});
