import assert from 'node:assert/strict';
import { postLogs } from '../../src/delivery/post-logs';
import type { LogFate } from '../../src/delivery/post-logs';
import type { Verdict } from '../../src/delivery/response';

function ok(body: Record<string, unknown>): Verdict {
  return { kind: 'ok', body };
}

describe('postLogs', () => {
  let posts: string[][];

  beforeEach(() => {
    posts = [];
  });

  function deliver(
    logs: string[],
    ...script: (Verdict | ((part: readonly string[]) => Verdict))[]
  ): Promise<{ fates: readonly LogFate[]; verdict: Verdict }> {
    return postLogs(logs, (part) => {
      posts.push([...part]);
      const next = script.length > 1 ? script.shift() : script[0];
      return Promise.resolve(typeof next === 'function' ? next(part) : (next ?? ok({})));
    });
  }

  const ENDINGS: readonly (readonly [Verdict, LogFate])[] = [
    [
      { kind: 'retryable', error: '503', retryAfterMs: 7 },
      { kind: 'undelivered', reason: 'retryable', retryAfterMs: 7 },
    ],
    [
      { kind: 'unavailable', error: 'ENOTFOUND' },
      { kind: 'undelivered', reason: 'retryable', retryAfterMs: undefined },
    ],
    [
      { kind: 'terminal', error: '404', isAnswer: true },
      { kind: 'dropped', reason: 'refused' },
    ],
    [
      { kind: 'credentials', error: '401' },
      { kind: 'unauthorized', error: '401' },
    ],
    [
      { kind: 'aborted', error: 'aborted' },
      { kind: 'undelivered', reason: 'shutdown' },
    ],
  ];
  for (const [verdict, fate] of ENDINGS) {
    it(`posts once when the verdict is ${verdict.kind}`, async () => {
      const result = await deliver(['a', 'b'], verdict);
      assert.deepStrictEqual(result, { fates: [fate, fate], verdict });
      assert.equal(posts.length, 1);
    });
  }

  it('posts only the rejected logs again when the answer names them (defect 14)', async () => {
    const { fates } = await deliver(
      ['a', 'b', 'c'],
      ok({ numProtoSuccess: 2, errors: [{ index: 1 }] }),
      ok({ numProtoSuccess: 1 }),
    );
    assert.deepStrictEqual(posts, [['a', 'b', 'c'], ['b']]);
    assert.deepStrictEqual(
      fates.map(({ kind }) => kind),
      ['delivered', 'delivered', 'delivered'],
    );
  });

  it('posts all logs again, once, when the answer does not name the rejected ones', async () => {
    const { fates } = await deliver(['a', 'b', 'c'], ok({ numProtoSuccess: 2, errors: ['x'] }));
    assert.equal(posts.length, 2);
    assert.equal(fates.filter(({ kind }) => kind === 'dropped').length, 1);
    assert.equal(fates.filter(({ kind }) => kind === 'delivered').length, 2);
  });

  it('halves a body that is too large down to single logs, and drops the log that is too large', async () => {
    const { fates, verdict } = await deliver(['a', 'b', 'X', 'd', 'e'], (part) =>
      part.includes('X') ? { kind: 'too_large', error: '413' } : ok({}),
    );
    assert.deepStrictEqual(fates, [
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

  it('keeps the delivered half and posts no more when the other half fails', async () => {
    const { fates } = await deliver(
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
      fates.map(({ kind }) => kind),
      ['delivered', 'delivered', 'undelivered', 'undelivered'],
    );
  });
});
