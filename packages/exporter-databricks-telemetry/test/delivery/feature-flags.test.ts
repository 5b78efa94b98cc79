import assert from 'node:assert/strict';
import { FeatureFlags, featureFlagPath, readFlag } from '../../src/delivery/feature-flags';
import type { FlagFetch } from '../../src/delivery/feature-flags';
import type { SinonFakeTimers } from 'sinon';
import type { Verdict } from '../../src/delivery/response';
import { DiagRecorder } from '../diag-recorder';
import { useFakeClock } from '../fake-clock';

const NAME = 'databricks.partnerplatform.clientConfigsFeatureFlags.enableTelemetryForNodeJs';
const HOST = 'a.example.com';
const ASKER = { way: 'w', identity: 'i' };

function workspace(name = HOST, orgId?: string) {
  return { host: { hostname: name, port: 443, key: name }, orgId };
}

function value(flag: string, ttlSeconds = 900): Verdict {
  return {
    kind: 'ok',
    body: { flags: [{ name: NAME, value: flag }], ttl_seconds: ttlSeconds },
  };
}

const on = value('true');
const off = value('false');
const down: Verdict = { kind: 'retryable', error: '503' };
const gone: Verdict = { kind: 'terminal', error: '404', isAnswer: true };
const refused: Verdict = { kind: 'credentials', error: '401' };

describe('FeatureFlags', () => {
  let time: SinonFakeTimers;
  let flags: FeatureFlags;
  let fetches: number;

  function answers(verdict: Verdict): FlagFetch {
    return () => {
      fetches += 1;
      return Promise.resolve(verdict);
    };
  }

  /** Two connections ask at a time. */
  function both(verdict: Verdict) {
    return Promise.all([1, 2].map(() => flags.resolve(workspace(), ASKER, answers(verdict))));
  }

  beforeEach(() => {
    time = useFakeClock({ toFake: ['performance'] });
    fetches = 0;
    flags = new FeatureFlags();
  });
  afterEach(() => time.restore());

  it('does not know a host it was not asked of', () => {
    assert.equal(flags.peek(workspace()), 'unknown');
  });

  it('asks once within its time, and again after it', async () => {
    assert.deepStrictEqual(await flags.resolve(workspace(), ASKER, answers(on)), { state: 'on' });
    time.tick(899_999);
    await flags.resolve(workspace(), ASKER, answers(off));
    assert.equal(fetches, 1);
    time.tick(1);
    assert.deepStrictEqual(await flags.resolve(workspace(), ASKER, answers(off)), { state: 'off' });
    assert.equal(fetches, 2);
  });

  it('turns on again after its time', async () => {
    await flags.resolve(workspace(), ASKER, answers(value('false', 60)));
    time.tick(60_000);
    assert.equal((await flags.resolve(workspace(), ASKER, answers(on))).state, 'on');
  });

  it('shares one fetch between three connections', async () => {
    const results = await Promise.all(
      [1, 2, 3].map(() => flags.resolve(workspace(), ASKER, answers(on))),
    );
    assert.equal(fetches, 1);
    assert.deepStrictEqual(
      results.map(({ state }) => state),
      ['on', 'on', 'on'],
    );
  });

  it('keeps hosts apart', async () => {
    await flags.resolve(workspace(), ASKER, answers(on));
    assert.equal(
      (await flags.resolve(workspace('b.example.com'), ASKER, answers(off))).state,
      'off',
    );
    assert.equal(flags.peek(workspace()), 'on');
  });

  it('does not take a failure for an answer (the driver caches it as off)', async () => {
    assert.deepStrictEqual(await flags.resolve(workspace(), ASKER, answers(down)), {
      state: 'unknown',
      failure: down,
    });
    assert.equal((await flags.resolve(workspace(), ASKER, answers(on))).state, 'on');
  });

  it('keeps the last known value on failure, and asks again a minute later', async () => {
    await flags.resolve(workspace(), ASKER, answers(on));
    time.tick(900_000);
    assert.equal((await flags.resolve(workspace(), ASKER, answers(down))).state, 'on');
    await flags.resolve(workspace(), ASKER, answers(down));
    assert.equal(fetches, 2);
    time.tick(60_000);
    await flags.resolve(workspace(), ASKER, answers(down));
    assert.equal(fetches, 3);
  });

  it('takes a host that will never tell one for off until its time is over, and says so once', async () => {
    const diag = new DiagRecorder().install();
    assert.equal((await flags.resolve(workspace(), ASKER, answers(gone))).state, 'off');
    time.tick(899_999);
    assert.equal((await flags.resolve(workspace(), ASKER, answers(on))).state, 'off');
    assert.equal(fetches, 1);
    time.tick(1);
    assert.equal((await flags.resolve(workspace(), ASKER, answers(gone))).state, 'off');
    diag.remove();
    assert.equal(diag.warnings(HOST), 1);
    time.tick(900_000);
    assert.equal((await flags.resolve(workspace(), ASKER, answers(on))).state, 'on');
  });

  it('does not hold on to an off that it only assumed', async () => {
    await flags.resolve(workspace(), ASKER, answers(gone));
    time.tick(900_000);
    assert.equal((await flags.resolve(workspace(), ASKER, answers(down))).state, 'unknown');
  });

  it('keeps what a host told before it ceased to tell', async () => {
    await flags.resolve(workspace(), ASKER, answers(on));
    time.tick(900_000);
    assert.equal((await flags.resolve(workspace(), ASKER, answers(gone))).state, 'on');
  });

  it('takes a server that cannot prove who it is for no answer', async () => {
    const untrusted: Verdict = { kind: 'terminal', error: 'CERT_HAS_EXPIRED', isAnswer: false };
    assert.equal((await flags.resolve(workspace(), ASKER, answers(untrusted))).state, 'unknown');
  });

  it('asks with the own credentials when those of another connection were refused', async () => {
    const [theirs, ours] = await Promise.all([
      flags.resolve(workspace(), ASKER, answers(refused)),
      flags.resolve(workspace(), ASKER, answers(on)),
    ]);
    assert.equal(theirs.failure, refused);
    assert.equal(ours.state, 'on');
    assert.equal(fetches, 2);
  });

  it('asks once when what was shared failed, or was refused of a flag that is known', async () => {
    await both(down);
    assert.equal(fetches, 1);
    await both(on);
    time.tick(900_000);
    const states = (await both(refused)).map(({ state }) => state);
    assert.deepStrictEqual(states, ['on', 'on']);
    assert.equal(fetches, 3);
  });

  it('does not apply a refused answer to other credentials or another way', async () => {
    assert.equal((await flags.resolve(workspace(), ASKER, answers(gone))).state, 'off');
    const other = { way: 'proxy', identity: 'j' };
    assert.equal((await flags.resolve(workspace(), other, answers(on))).state, 'on');
    assert.equal(flags.peek(workspace()), 'on');
  });

  it('keeps the workspaces of one host apart', async () => {
    const [one, two] = [workspace(HOST, '1'), workspace(HOST, '2')];
    assert.equal((await flags.resolve(one, ASKER, answers(off))).state, 'off');
    assert.equal((await flags.resolve(two, ASKER, answers(on))).state, 'on');
    assert.equal(flags.peek(one), 'off');
    assert.equal(flags.peek(workspace()), 'unknown');
    assert.equal(flags.ofHost(HOST), 'on');
    assert.equal(flags.ofHost('b.example.com'), 'unknown');
  });

  it('does not wait for a fetch that goes another way', async () => {
    void flags.resolve(workspace(), ASKER, () => new Promise(() => undefined));
    const other = { way: 'proxy', identity: 'j' };
    assert.equal((await flags.resolve(workspace(), other, answers(on))).state, 'on');
  });

  it('keeps 256 workspaces, those used last', async () => {
    for (let index = 0; index < 300; index += 1) {
      await flags.resolve(workspace(`${index}.example.com`), ASKER, answers(on));
      await flags.resolve(workspace(), ASKER, answers(on));
    }
    assert.equal(flags.peek(workspace('0.example.com')), 'unknown');
    assert.equal(flags.peek(workspace('299.example.com')), 'on');
    assert.equal(flags.peek(workspace()), 'on');
    assert.equal(fetches, 301);
  });
});

describe('readFlag', () => {
  const MINUTE_MS = 60_000;

  it('is on when the flag is there and true', () => {
    for (const told of ['true', 'TRUE', true]) {
      assert.ok(readFlag({ flags: [{}, { name: NAME, value: told }] }).isEnabled);
    }
    for (const told of ['false', 'yes', '1', 1, false, null, undefined]) {
      assert.ok(!readFlag({ flags: [{ name: NAME, value: told }] }).isEnabled);
    }
  });

  it('is off when it is not there', () => {
    const others = [[], [{ name: 'other', value: 'true' }], [null, 'x', { name: NAME }], NAME, {}];
    for (const flags of [...others, undefined]) assert.ok(!readFlag({ flags }).isEnabled);
  });

  const TTLS: readonly (readonly [unknown, number])[] = [
    [900, 15],
    ['1800', 30],
    [1, 1],
    [60, 1],
    [3_600, 60],
    [86_400, 60],
    [0, 15],
    [-5, 15],
    ['soon', 15],
    [null, 15],
    [[900], 15],
  ];
  for (const [ttl, minutes] of TTLS) {
    it(`holds ${minutes} minutes after a time of ${JSON.stringify(ttl)} seconds`, () => {
      assert.equal(readFlag({ ttl_seconds: ttl }).ttlMs, minutes * MINUTE_MS);
      assert.equal(readFlag({ ttlSeconds: ttl }).ttlMs, minutes * MINUTE_MS);
    });
  }
});

describe('featureFlagPath', () => {
  it('asks for a release', () => {
    const path = '/api/2.0/connector-service/feature-flags/NODEJS/';
    assert.equal(featureFlagPath('2.1.0'), `${path}2.1.0`);
    assert.equal(featureFlagPath('2.1.0-oss'), `${path}2.1.0`);
    assert.equal(featureFlagPath('2.1.0-oss.1'), `${path}2.1.0-oss.1`);
    assert.equal(featureFlagPath('2/../x'), `${path}2%2F..%2Fx`);
  });
});
