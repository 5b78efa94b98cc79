import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import type { SinonFakeTimers } from 'sinon';
import { fetchCredentials, answerOf } from '../../src/delivery/credentials';
import { useFakeClock } from '../fake-clock';

const FOREVER = new Promise<never>(() => undefined);

function rejects(): Promise<never> {
  return Promise.reject(new Error('token'));
}

function throws(): never {
  throw new Error('token');
}

describe('fetchCredentials', () => {
  const { signal } = new AbortController();

  it('gives the headers as they are, whatever the case of their names', async () => {
    const spellings: Record<string, string>[] = [
      { Authorization: 'a', 'X-Team': 'b' },
      { AUTHORIZATION: 'a' },
    ];
    for (const headers of spellings) {
      assert.deepStrictEqual(
        await fetchCredentials(() => Promise.resolve(headers), 1_000, signal),
        { kind: 'present', headers },
      );
    }
  });

  it('finds none where there is no source, or no authorization', async () => {
    assert.deepStrictEqual(await fetchCredentials(undefined, 1_000, signal), { kind: 'missing' });
    for (const headers of [
      {},
      { 'X-Team': 'a' },
      { Authorization: '' },
      { authorization: 7 },
      null,
    ]) {
      const source = () => Promise.resolve(headers as Record<string, string>);
      assert.deepStrictEqual(await fetchCredentials(source, 1_000, signal), { kind: 'missing' });
    }
  });

  it('has no text of a provider that fails', async () => {
    const unreadable = {
      get Authorization(): never {
        return throws();
      },
    };
    for (const source of [rejects, () => Promise.resolve(unreadable)]) {
      assert.deepStrictEqual(await fetchCredentials(source, 1_000, signal), { kind: 'failed' });
    }
  });
});

describe('answerOf', () => {
  let clock: SinonFakeTimers;
  let controller: AbortController;

  beforeEach(() => {
    clock = useFakeClock();
    controller = new AbortController();
  });
  afterEach(() => {
    clock.restore();
  });

  const listeners = (): number => getEventListeners(controller.signal, 'abort').length;

  it('gives what comes in time, and leaves nothing behind', async () => {
    const value = {};
    const call = answerOf(() => Promise.resolve(value), 100, controller.signal);
    assert.equal(clock.countTimers(), 1);
    assert.equal(listeners(), 1);
    assert.deepStrictEqual(await call, { kind: 'value', value });
    assert.equal(clock.countTimers(), 0);
    assert.equal(listeners(), 0);
  });

  it('waits no longer than it may', async () => {
    let isOver = false;
    const call = answerOf(() => FOREVER, 100, controller.signal);
    void call.then(() => (isOver = true));
    await clock.tickAsync(99);
    assert.ok(!isOver);
    await clock.tickAsync(1);
    assert.deepStrictEqual(await call, { kind: 'timeout' });
    assert.equal(listeners(), 0);
  });

  it('gives up when it is told to, before or while it waits', async () => {
    const call = answerOf(() => FOREVER, 100, controller.signal);
    controller.abort();
    assert.deepStrictEqual(await call, { kind: 'timeout' });
    let isAsked = false;
    const after = answerOf(
      () => {
        isAsked = true;
        return FOREVER;
      },
      100,
      controller.signal,
    );
    assert.deepStrictEqual(await after, { kind: 'timeout' });
    assert.ok(!isAsked, 'nobody is asked for what nobody waits for');
    assert.equal(clock.countTimers(), 0);
  });

  it('takes a throw for a rejection', async () => {
    assert.deepStrictEqual(await answerOf(throws, 100, controller.signal), { kind: 'failed' });
    assert.equal(clock.countTimers(), 0);
  });
});
