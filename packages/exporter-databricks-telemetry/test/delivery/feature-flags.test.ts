import assert from 'node:assert';
import { FeatureFlags, type FlagFetch } from '../../src/delivery/feature-flags';
import type { Verdict } from '../../src/delivery/response';
import { DiagRecorder } from '../diag-recorder';

const NAME = 'databricks.partnerplatform.clientConfigsFeatureFlags.enableTelemetryForNodeJs';
const HOST = 'a.example.com';

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
  let nowMs: number;
  let flags: FeatureFlags;
  let fetches: number;

  function answers(verdict: Verdict): FlagFetch {
    return () => {
      fetches += 1;
      return Promise.resolve(verdict);
    };
  }

  beforeEach(() => {
    nowMs = 1;
    fetches = 0;
    flags = new FeatureFlags(() => nowMs);
  });

  it('does not know a host it was not asked of', () => {
    assert.equal(flags.peek(HOST), 'unknown');
  });

  it('asks once within its time, and again after it', async () => {
    assert.deepStrictEqual(await flags.resolve(HOST, answers(on)), { state: 'on' });
    nowMs += 899_999;
    await flags.resolve(HOST, answers(off));
    assert.equal(fetches, 1);
    nowMs += 1;
    assert.deepStrictEqual(await flags.resolve(HOST, answers(off)), { state: 'off' });
    assert.equal(fetches, 2);
  });

  it('turns on again after its time', async () => {
    await flags.resolve(HOST, answers(value('false', 60)));
    nowMs += 60_000;
    assert.equal((await flags.resolve(HOST, answers(on))).state, 'on');
  });

  it('shares one fetch between three connections', async () => {
    const results = await Promise.all([1, 2, 3].map(() => flags.resolve(HOST, answers(on))));
    assert.equal(fetches, 1);
    assert.deepStrictEqual(
      results.map(({ state }) => state),
      ['on', 'on', 'on'],
    );
  });

  it('keeps hosts apart', async () => {
    await flags.resolve(HOST, answers(on));
    assert.equal((await flags.resolve('b.example.com', answers(off))).state, 'off');
    assert.equal(flags.peek(HOST), 'on');
  });

  it('does not take a failure for an answer (the driver caches it as off)', async () => {
    assert.deepStrictEqual(await flags.resolve(HOST, answers(down)), {
      state: 'unknown',
      failure: down,
    });
    assert.equal((await flags.resolve(HOST, answers(on))).state, 'on');
  });

  it('keeps the last known value on failure, and asks again a minute later', async () => {
    await flags.resolve(HOST, answers(on));
    nowMs += 900_000;
    assert.equal((await flags.resolve(HOST, answers(down))).state, 'on');
    await flags.resolve(HOST, answers(down));
    assert.equal(fetches, 2);
    nowMs += 60_000;
    await flags.resolve(HOST, answers(down));
    assert.equal(fetches, 3);
  });

  it('takes a host that will never tell one for off until its time is over, and says so once', async () => {
    const diag = new DiagRecorder().install();
    assert.equal((await flags.resolve(HOST, answers(gone))).state, 'off');
    nowMs += 899_999;
    assert.equal((await flags.resolve(HOST, answers(on))).state, 'off');
    assert.equal(fetches, 1);
    nowMs += 1;
    assert.equal((await flags.resolve(HOST, answers(gone))).state, 'off');
    diag.remove();
    assert.equal(diag.warnings(HOST), 1);
    nowMs += 900_000;
    assert.equal((await flags.resolve(HOST, answers(on))).state, 'on');
  });

  it('does not hold on to an off that it only assumed', async () => {
    await flags.resolve(HOST, answers(gone));
    nowMs += 900_000;
    assert.equal((await flags.resolve(HOST, answers(down))).state, 'unknown');
  });

  it('keeps what a host told before it ceased to tell', async () => {
    await flags.resolve(HOST, answers(on));
    nowMs += 900_000;
    assert.equal((await flags.resolve(HOST, answers(gone))).state, 'on');
  });

  it('takes a server that cannot prove who it is for no answer', async () => {
    const untrusted: Verdict = { kind: 'terminal', error: 'CERT_HAS_EXPIRED', isAnswer: false };
    assert.equal((await flags.resolve(HOST, answers(untrusted))).state, 'unknown');
  });

  it('asks with the own credentials when those of another connection were refused', async () => {
    const [theirs, ours] = await Promise.all([
      flags.resolve(HOST, answers(refused)),
      flags.resolve(HOST, answers(on)),
    ]);
    assert.equal(theirs.failure, refused);
    assert.equal(ours.state, 'on');
    assert.equal(fetches, 2);
  });

  it('does not ask again for each connection (defect 12: an off flag was fetched at every connect)', async () => {
    flags.retain(HOST, '1');
    await flags.resolve(HOST, answers(off));
    flags.release(HOST, '1');
    flags.retain(HOST, '2');
    assert.equal((await flags.resolve(HOST, answers(on))).state, 'off');
    assert.equal(fetches, 1);
  });

  it('forgets a host that nobody refers to when its time is over, not one in use', async () => {
    flags.retain(HOST, '1');
    flags.retain('b.example.com', '2');
    await flags.resolve(HOST, answers(on));
    await flags.resolve('b.example.com', answers(on));
    nowMs += 900_000;
    flags.release(HOST, '1');
    flags.release(HOST, '1');
    flags.release('unknown.example.com', '1');
    assert.equal(flags.size, 1);
    assert.equal(flags.peek('b.example.com'), 'on');
  });
});
