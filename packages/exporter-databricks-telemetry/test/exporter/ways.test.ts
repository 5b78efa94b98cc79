import assert from 'node:assert/strict';
import { Agent } from 'node:https';
import { connect } from 'node:net';
import * as fc from 'fast-check';
import type { ReadableSpan } from '../../src/otel';
import { record } from '../fixtures/spans';
import { TelemetryServer, accept, answer, hang, reset, status } from '../fixtures/telemetry-server';
import type { Responder } from '../fixtures/telemetry-server';
import { ExporterBench, undelivered } from './bench';

const FAULTS: Readonly<Record<string, Responder>> = {
  reset,
  'a sign-in page': answer('<html>'),
  'an error code': answer({ error_code: 'SOMETHING' }),
  ...Object.fromEntries(
    [303, 400, 401, 403, 404, 407, 408, 421, 425, 429, 451, 499, 500, 501, 503].map((code) => [
      String(code),
      status(code, code === 429 ? { 'Retry-After': '30' } : {}),
    ]),
  ),
};
const RECORDS = 10;
/** A stalled machine must not look like a fault of the healthy tenant. */
const PATIENT_MS = 10_000;
/** As short as a test can wait for, and long enough for a stall of a second. */
const HANG_MS = 2_000;

interface Tenants {
  readonly ownHost: boolean;
  readonly ownAgent: boolean;
  readonly ownOrg: boolean;
  /** What answers each request of the tenant that is not well; `hang` answers never. */
  readonly fault: string;
  readonly flagFault: boolean;
}

/** Tenants that share a host and differ in one or more of agent, org id and credentials. */
const tenants = fc.record({
  ownHost: fc.boolean(),
  ownAgent: fc.boolean(),
  ownOrg: fc.boolean(),
  fault: fc.constantFrom(...Object.keys(FAULTS)),
  flagFault: fc.boolean(),
});

function opened(connectionId: string, index: number): ReadableSpan {
  return record('open_session', {
    attributes: { 'databricks.connection.id': connectionId, 'databricks.session.id': `${index}` },
  });
}

/** Every request of the tenant `bad` fails, those of others do not. */
function failFor(server: TelemetryServer, responder: Responder, flags: boolean): void {
  const forBad =
    (otherwise: Responder): Responder =>
    (request, response) => {
      const isBad = request.headers.authorization === 'Bearer bad';
      (isBad ? responder : otherwise)(request, response);
    };
  const every = Array.from({ length: 400 }, () => forBad(accept));
  server.script.push(...every);
  if (flags) {
    const on = answer({
      flags: [
        {
          name: 'databricks.partnerplatform.clientConfigsFeatureFlags.enableTelemetryForNodeJs',
          value: 'true',
        },
      ],
    });
    server.flagScript.push(...Array.from({ length: 100 }, () => forBad(on)));
  }
}

describe('DatabricksTelemetryExporter: ways, orgs and hosts', () => {
  const bench = new ExporterBench();

  /** Sends records of a healthy tenant beside those of one whose requests fail, and looks for the healthy ones. */
  async function assertApart(
    { ownHost, ownAgent, ownOrg, fault, flagFault }: Tenants,
    records: number,
    requestTimeoutMs: number,
  ): Promise<void> {
    const server = await TelemetryServer.start();
    const agents: Agent[] = [server.agent];
    try {
      const agent = (own: boolean): Agent => {
        if (!own) return server.agent;
        const made = new Agent({ keepAlive: true });
        made.createConnection = (...args) => server.agent.createConnection(...args);
        agents.push(made);
        return made;
      };
      const badAgent = agent(ownAgent);
      bench.connections.add('good', { agent: () => Promise.resolve(server.agent) });
      bench.connections.add('bad', {
        ...(ownHost && { host: 'other.example.com' }),
        ...(ownOrg && { orgId: '42' }),
        agent: () => Promise.resolve(badAgent),
      });
      failFor(server, FAULTS[fault] ?? hang, flagFault);
      bench.createWithAccess({ requestTimeoutMs, retry: { maxRetries: 0 } });
      for (let index = 0; index < records; index += 1) {
        await bench.send(opened('bad', index), opened('good', index));
      }
      const sessions = new Set(
        server
          .posts('/telemetry-ext')
          .filter(({ headers }) => headers.authorization === 'Bearer good')
          .flatMap(({ body }) => body.match(/session_id\\":\\"\d+/g)),
      );
      assert.equal(sessions.size, records);
      const { offered, delivered, dropped } = bench.exporter.stats();
      const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
      assert.equal(offered, delivered + lost);
      assert.ok(delivered >= records, `${delivered} of ${records} delivered`);
    } finally {
      await bench.exporter.shutdown();
      for (const made of agents) made.destroy();
      await server.stop();
    }
  }

  it('no tenant loses a record by the fault of another', async () => {
    await fc.assert(
      fc.asyncProperty(tenants, async (both) => {
        // Tenants with one agent and one org id share a way, and with it an outage of the way.
        const isOwnWay = both.ownHost || both.ownAgent || both.ownOrg;
        const isOfWay = !['400', '401', '403', '404'].includes(both.fault);
        fc.pre(isOwnWay || !isOfWay);
        await assertApart(both, RECORDS, PATIENT_MS);
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 40) },
    );
  });

  for (const own of ['ownHost', 'ownAgent', 'ownOrg'] as const) {
    it(`no tenant loses a record while the requests of another hang (${own})`, async () => {
      const shared = { ownHost: false, ownAgent: false, ownOrg: false };
      await assertApart({ ...shared, [own]: true, fault: 'hang', flagFault: false }, 1, HANG_MS);
    });
  }

  it('delivers for one tenant while the proxy of another is dead', async () => {
    const dead = new Agent();
    dead.createConnection = () => connect(1, '127.0.0.1');
    bench.connections.add('good');
    bench.connections.add('bad', { agent: () => Promise.resolve(dead) });
    bench.createWithAccess();
    for (let index = 0; index < RECORDS; index += 1) {
      const error = undelivered(await bench.send(opened('bad', index), opened('good', index)));
      assert.equal(error.undelivered.length, 1);
    }
    assert.equal(bench.exporter.stats().delivered, RECORDS);
  });

  it('keeps the flags of two orgs of one host apart', async () => {
    const off = answer({ flags: [] });
    bench.connections.add('on', { orgId: '1' });
    bench.connections.add('off', { orgId: '2' });
    bench.createWithAccess();
    await bench.send(opened('on', 1));
    bench.server.flagScript.push(off);
    assert.deepStrictEqual(undelivered(await bench.send(opened('off', 1))).dropped, {
      flag_off: 1,
    });
    assert.deepStrictEqual(await bench.send(opened('on', 2)), { code: 0 });
    assert.deepStrictEqual(undelivered(await bench.send(opened('off', 2))).dropped, {
      flag_off: 1,
    });
  });

  describe('needs few requests', () => {
    const ids = Array.from({ length: 50 }, (_, index) => `pool-${index}`);

    beforeEach(() => {
      for (const id of ids) {
        bench.connections.add(id, {
          headers: () => Promise.resolve({ Authorization: 'Bearer pool' }),
        });
      }
    });

    it('3 posts for 300 records of 50 pooled clients', async () => {
      bench.createWithAccess();
      const spans = Array.from({ length: 300 }, (_, index) => opened(ids[index % 50] ?? '', index));
      for (let batch = 0; batch < 3; batch += 1) {
        await bench.send(...spans.slice(batch * 100, batch * 100 + 100));
      }
      assert.equal(bench.exporter.stats().delivered, 300);
      assert.equal(bench.server.posts().length, 3);
      assert.equal(bench.server.flagRequests().length, 1);
    });

    for (const [name, responder] of [
      ['429', status(429)],
      ['503', status(503)],
      ['a reset', reset],
    ] as [string, Responder][]) {
      it(`at most 18 in the first minute of ${name}, one batch every five seconds`, async () => {
        bench.createWithAccess();
        await bench.send(...ids.map(opened));
        bench.server.received.length = 0;
        bench.server.script.push(...Array.from({ length: 999 }, () => responder));
        for (let batch = 0; batch < 12; batch += 1) await bench.send(...ids.map(opened));
        assert.ok(bench.server.received.length <= 18, `${bench.server.received.length} requests`);
        assert.equal(bench.exporter.stats().delivered, 50);
      });
    }
  });
});
