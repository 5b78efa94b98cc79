import assert from 'node:assert/strict';
import * as sinon from 'sinon';
import type { DatabricksTelemetryExporterOptions } from '../../src/config';
import { resolveExporterOptions } from '../../src/config';
import { Delivery, type Group } from '../../src/delivery/delivery';
import { DiagRecorder } from '../diag-recorder';
import { HOST, span } from '../fixtures/spans';
import { TelemetryServer, status } from '../fixtures/telemetry-server';

const MINUTE_MS = 60_000;

function groupOf(parts: Partial<Group> = {}, count = 1): Group {
  return {
    connectionId: 'c1',
    facts: { 'server.address': HOST },
    spans: Array.from({ length: count }, () => {
      const own = span('open_session');
      return { span: own, items: [{ span: own, kind: 'operation', completion: undefined }] };
    }),
    ...parts,
  };
}

describe('Delivery', () => {
  let server: TelemetryServer;
  let diag: DiagRecorder;

  before(async () => {
    server = await TelemetryServer.start();
  });
  after(() => server.stop());
  beforeEach(() => {
    diag = new DiagRecorder().install();
    server.received.length = server.script.length = server.flagScript.length = 0;
  });
  afterEach(() => diag.remove());

  function deliveryOf(options: DatabricksTelemetryExporterOptions = {}): Delivery {
    const resolved = resolveExporterOptions({
      host: HOST,
      token: 'x',
      agent: server.agent,
      retry: { maxRetries: 0 },
      ...options,
    });
    return new Delivery(resolved, new AbortController().signal);
  }

  it('tells what is under way, what became of it and why', async () => {
    const delivery = deliveryOf();
    const running = delivery.export(groupOf({}, 2));
    const known = { breaker: 'CLOSED', connections: 1, lastError: undefined };
    assert.deepStrictEqual(delivery.stats(), {
      [HOST]: { ...known, flag: 'unknown', pending: 2, delivered: 0, dropped: {} },
    });
    await running;
    assert.deepStrictEqual(delivery.stats(), {
      [HOST]: { ...known, flag: 'on', pending: 0, delivered: 2, dropped: {} },
    });
    server.script.push(status(400), status(501));
    await delivery.export(groupOf({}, 3));
    await delivery.export(groupOf());
    assert.deepStrictEqual(delivery.stats(), {
      [HOST]: {
        ...known,
        flag: 'on',
        pending: 0,
        delivered: 2,
        dropped: { refused: 3 },
        lastError: '501',
      },
    });
  });

  it('gives up what it cannot make sense of: it must not come back for ever', async () => {
    const facts = {
      get 'databricks.driver.version'(): never {
        throw new Error('broken');
      },
    };
    const delivery = deliveryOf();
    assert.deepStrictEqual(await delivery.export(groupOf({ facts }, 2)), [
      { kind: 'dropped', reason: 'untranslatable' },
      { kind: 'dropped', reason: 'untranslatable' },
    ]);
    assert.ok(diag.lines.some(({ text }) => text.includes('a batch failed')));
    assert.equal(delivery.stats()[HOST]?.pending, 0);
  });

  it('says that there is no way to a host when its finding failed', async () => {
    const spans = [
      {
        items: [],
        get span(): never {
          throw new Error('broken');
        },
      },
    ];
    assert.deepStrictEqual(await deliveryOf().export(groupOf({ spans })), [
      { kind: 'dropped', reason: 'host_refused' },
    ]);
    assert.ok(diag.lines.some(({ text }) => text.includes('route failed')));
  });

  it('takes a span for what became of the worst of its records', async () => {
    const delivery = deliveryOf();
    const readable = span('open_session');
    const broken = {
      ...readable,
      spanContext: (): never => {
        throw new Error('broken');
      },
    };
    const item = (of: typeof readable) => ({
      span: of,
      kind: 'operation' as const,
      completion: undefined,
    });
    const spans = [
      { span: readable, items: [item(readable), item(broken)] },
      { span: readable, items: [item(readable)] },
      { span: readable, items: [item(broken), item(readable)] },
    ];
    const untranslatable = { kind: 'dropped', reason: 'untranslatable' };
    assert.deepStrictEqual(await delivery.export(groupOf({ spans })), [
      untranslatable,
      { kind: 'delivered' },
      untranslatable,
    ]);
    server.script.push(status(503));
    const [first] = await delivery.export(groupOf({ spans }));
    assert.equal(first?.kind, 'undelivered');
  });

  describe('of connections that are gone', () => {
    const gone = { host: undefined, token: undefined, unauthenticatedFallback: false };

    it('keeps nothing', async () => {
      const delivery = deliveryOf(gone);
      assert.deepStrictEqual(await delivery.export(groupOf()), [
        { kind: 'dropped', reason: 'no_credentials' },
      ]);
      assert.deepStrictEqual(delivery.stats(), {});
    });
  });

  it('forgets the flag of a host when its time is over and nobody refers to it', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['performance'] });
    try {
      const delivery = deliveryOf();
      await delivery.export(groupOf());
      assert.equal(delivery.stats()[HOST]?.flag, 'on');
      delivery.release('unknown');
      delivery.release('static');
      delivery.release('static');
      assert.deepStrictEqual(delivery.stats(), {});
      clock.tick(16 * MINUTE_MS);
      await delivery.export(groupOf({ facts: { 'server.address': 'other.example.com' } }));
      server.flagScript.push(status(503));
      await delivery.export(groupOf());
      assert.equal(delivery.stats()[HOST]?.flag, 'unknown');
    } finally {
      clock.restore();
    }
  });
});
