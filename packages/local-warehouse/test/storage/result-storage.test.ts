import * as assert from 'node:assert/strict';
import { ResultStorage } from '../../src/storage/result-storage';
import type { StoredFile } from '../../src/storage/result-storage';
import type { IncomingRequest } from '../../src/endpoint';

const ORIGIN = 'https://storage.example';
const MINUTE_MS = 60_000;
const FILE_BYTES = 8 * 1024 * 1024;

function file(bytes: Buffer): StoredFile {
  return {
    bytes,
    statementId: 'statement',
    delayMs: 0,
    failureStatus: undefined,
    onServed: () => undefined,
  };
}

function get(link: string, method = 'GET'): IncomingRequest {
  const { pathname: path, searchParams: query } = new URL(link);
  const body = Buffer.alloc(0);
  return { method, host: '', path, query, headers: {}, body, origin: ORIGIN, tenant: undefined };
}

describe('result storage', () => {
  const storage = new ResultStorage(new AbortController().signal);

  async function status(request: IncomingRequest): Promise<number> {
    const exchange = storage.open(request);
    const answer = await exchange.answer(undefined);
    exchange.ended?.(answer.body.length, true);
    return answer.status;
  }

  it('serves a file to who has its link, and only as signed', async () => {
    const { url } = storage.put(ORIGIN, 'a', file(Buffer.from('x')), MINUTE_MS);
    const forged = url.replace(/Signature=./, (text) => `${text}0`);
    const otherPath = url.replace('/a?', '/b?');
    assert.strictEqual(await status(get(url)), 200);
    assert.strictEqual(await status(get(url, 'PUT')), 403);
    assert.strictEqual(await status(get(forged)), 403);
    assert.strictEqual(await status(get(otherPath)), 403);
  });

  it('refuses a link whose time is over', async () => {
    const { url } = storage.put(ORIGIN, 'old', file(Buffer.from('x')), 0);
    assert.strictEqual(await status(get(url)), 403);
  });

  it('lets files go that were downloaded, not those that wait', async () => {
    const bytes = Buffer.alloc(FILE_BYTES);
    const links = Array.from({ length: 8 }, (_, index) =>
      storage.put(ORIGIN, `big-${index}`, file(bytes), MINUTE_MS),
    );
    assert.strictEqual(await status(get(links[1]?.url ?? '')), 200);
    storage.put(ORIGIN, 'big-8', file(bytes), MINUTE_MS);
    assert.strictEqual(await status(get(links[0]?.url ?? '')), 200);
    assert.strictEqual(await status(get(links[1]?.url ?? '')), 404);
  });
});
