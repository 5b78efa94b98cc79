import assert from 'node:assert/strict';
import * as sinon from 'sinon';
import { RETRY_OPTIONS } from '../../src/config';
import { type BatchResult, deliverBatch } from '../../src/delivery/batch';
import type { Verdict } from '../../src/delivery/response';
import { defaultsOf } from '../../src/option-validation';

const retryable: Verdict = { kind: 'retryable', error: '503' };

function ok(body: Record<string, unknown>): Verdict {
  return { kind: 'ok', body };
}

describe('deliverBatch', () => {
  let clock: sinon.SinonFakeTimers;
  let controller: AbortController;
  let posts: string[][];

  beforeEach(() => {
    clock = sinon.useFakeTimers();
    controller = new AbortController();
    posts = [];
  });

  afterEach(() => clock.restore());

  async function deliver(
    logs: string[],
    ...script: (Verdict | ((part: readonly string[]) => Verdict))[]
  ): Promise<BatchResult> {
    const running = deliverBatch(
      logs,
      (part) => {
        posts.push([...part]);
        const next = script.length > 1 ? script.shift() : script[0];
        return Promise.resolve(typeof next === 'function' ? next(part) : (next ?? ok({})));
      },
      defaultsOf(RETRY_OPTIONS),
      controller.signal,
    );
    await clock.runAllAsync();
    return running;
  }

  it('tries four times in all, backing off', async () => {
    const { outcomes, verdict } = await deliver(['a'], retryable);
    assert.equal(posts.length, 4);
    assert.deepStrictEqual(outcomes, [
      { kind: 'undelivered', reason: 'retryable', retryAfterMs: undefined },
    ]);
    assert.equal(verdict, retryable);
    assert.ok(clock.now >= 700 && clock.now <= 1_000, `${clock.now} ms`);
  });

  it('waits for a short Retry-After in place, hands the records back for a long one', async () => {
    await deliver(['a'], { kind: 'retryable', error: '429', retryAfterMs: 1_000 }, ok({}));
    assert.equal(posts.length, 2);
    assert.ok(clock.now >= 1_000);

    posts = [];
    const { outcomes } = await deliver(['a'], {
      kind: 'retryable',
      error: '429',
      retryAfterMs: 30_000,
    });
    assert.equal(posts.length, 1);
    assert.deepStrictEqual(outcomes, [
      { kind: 'undelivered', reason: 'retryable', retryAfterMs: 30_000 },
    ]);
  });

  for (const verdict of [
    { kind: 'terminal', error: '404', isAnswer: true },
    { kind: 'unavailable', error: 'ENOTFOUND' },
    { kind: 'credentials', error: '401' },
  ] as const) {
    it(`does not retry what is ${verdict.kind}`, async () => {
      await deliver(['a'], verdict);
      assert.equal(posts.length, 1);
    });
  }

  it('ends its wait when it is aborted', async () => {
    const running = deliverBatch(
      ['a'],
      () => Promise.resolve(retryable),
      defaultsOf(RETRY_OPTIONS),
      controller.signal,
    );
    await clock.tickAsync(10);
    controller.abort();
    const { outcomes } = await running;
    assert.deepStrictEqual(outcomes, [{ kind: 'undelivered', reason: 'shutdown' }]);
  });

  it('sends only the rest again when the answer tells which (defect 14)', async () => {
    const { outcomes } = await deliver(
      ['a', 'b', 'c'],
      ok({ numProtoSuccess: 2, errors: [{ index: 1 }] }),
      ok({ numProtoSuccess: 1 }),
    );
    assert.deepStrictEqual(posts, [['a', 'b', 'c'], ['b']]);
    assert.deepStrictEqual(
      outcomes.map(({ kind }) => kind),
      ['delivered', 'delivered', 'delivered'],
    );
  });

  it('sends all again when the answer does not tell which, once', async () => {
    const { outcomes } = await deliver(['a', 'b', 'c'], ok({ numProtoSuccess: 2, errors: ['x'] }));
    assert.equal(posts.length, 2);
    assert.equal(outcomes.filter(({ kind }) => kind === 'dropped').length, 1);
    assert.equal(outcomes.filter(({ kind }) => kind === 'delivered').length, 2);
  });

  it('halves what is too large, down to one, and drops that', async () => {
    const { outcomes, verdict } = await deliver(['a', 'b', 'X', 'd', 'e'], (part) =>
      part.includes('X') ? { kind: 'too_large', error: '413' } : ok({}),
    );
    assert.deepStrictEqual(outcomes, [
      { kind: 'delivered' },
      { kind: 'delivered' },
      { kind: 'dropped', reason: 'too_large' },
      { kind: 'delivered' },
      { kind: 'delivered' },
    ]);
    const accepted = posts.filter((part) => !part.includes('X')).flat();
    assert.deepStrictEqual(accepted.toSorted(), ['a', 'b', 'd', 'e']);
    assert.equal(verdict.kind, 'ok');
  });

  it('keeps what was delivered when a later half fails, and tries no more of it', async () => {
    const { outcomes } = await deliver(
      ['a', 'b', 'c', 'd'],
      { kind: 'too_large', error: '413' },
      ok({}),
      { kind: 'unavailable', error: 'ENOTFOUND' },
    );
    assert.deepStrictEqual(posts.slice(1), [
      ['a', 'b'],
      ['c', 'd'],
    ]);
    assert.deepStrictEqual(
      outcomes.map(({ kind }) => kind),
      ['delivered', 'delivered', 'undelivered', 'undelivered'],
    );
  });
});
