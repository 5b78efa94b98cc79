import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { CertificateAuthority } from '@dbsql-otel/local-warehouse';
import type { Credential } from '@dbsql-otel/local-warehouse';
import { afterEach, describe, it } from 'mocha';
import { restore, stub } from 'sinon';
import { Bed } from '../support/bed';
import type { BedOptions } from '../support/bed';

const EMPTY = '{"resourceSpans":[]}';
const MIB = 1_048_576;

describe('the receiver', () => {
  let bed: Bed;

  async function start(options: BedOptions = {}): Promise<void> {
    bed = await Bed.start({ warehouses: 0, ...options });
  }
  afterEach(async () => {
    restore();
    await bed.stop();
  });

  async function statusOf(
    body: string | Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<number> {
    const response = await bed.post(body, headers);
    const answer = (await response.json()) as { readonly message?: string };
    assert.equal(typeof answer.message, response.status === 200 ? 'undefined' : 'string');
    return response.status;
  }

  it('answers what is no export request with a status that says why', async () => {
    await start();
    assert.equal(await statusOf(EMPTY), 200);
    assert.equal(await statusOf('{}'), 200);
    assert.equal(await statusOf(EMPTY, { 'Content-Type': 'application/json; charset=utf-8' }), 200);
    assert.equal(await statusOf(gzipSync(EMPTY), { 'Content-Encoding': 'gzip' }), 200);
    for (const body of ['', '{', 'null', '[]', '7', '"a"', '{"resourceSpans":{}}']) {
      assert.equal(await statusOf(body), 400, body);
    }
    assert.equal(await statusOf(EMPTY, { 'Content-Encoding': 'gzip' }), 400);
    assert.equal(await statusOf(EMPTY, { 'Content-Encoding': 'br' }), 415);
    assert.equal(await statusOf(EMPTY, { 'Content-Type': 'application/x-protobuf' }), 415);
    assert.equal((await fetch(`${bed.url}/v1/traces`)).status, 405);
    assert.equal((await fetch(`${bed.url}/health`, { method: 'POST' })).status, 405);
    assert.equal((await fetch(`${bed.url}/v1/metrics`, { method: 'POST' })).status, 404);
  });

  it('reads no more of a body than its limits allow', async () => {
    await start({ limits: { maxBodyBytes: 65_536, maxInflatedBytes: MIB } });
    const padding = ' '.repeat(65_536);
    assert.equal(await statusOf(EMPTY + padding), 413);
    const body = Readable.from([padding, padding]);
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body };
    const streamed = await fetch(`${bed.url}/v1/traces`, {
      ...init,
      duplex: 'half',
    } as unknown as RequestInit).then(
      ({ status }) => status,
      // The gateway closed the connection before all was sent.
      () => 413,
    );
    assert.equal(streamed, 413);
    const fits = gzipSync(EMPTY + ' '.repeat(MIB - EMPTY.length));
    assert.equal(await statusOf(fits, { 'Content-Encoding': 'gzip' }), 200);
    const bomb = gzipSync(Buffer.alloc(60 * MIB, 32));
    assert.ok(bomb.length < 65_536);
    const before = process.memoryUsage().rss;
    assert.equal(await statusOf(bomb, { 'Content-Encoding': 'gzip' }), 413);
    assert.ok(process.memoryUsage().rss - before < 40 * MIB);
    assert.equal(await statusOf(EMPTY), 200);
  });

  it('turns requests away with Retry-After while it has no room', async () => {
    await start({ limits: { maxMemoryMiB: 64 } });
    const memory = stub(process.memoryUsage, 'rss').returns(65 * MIB);
    const response = await bed.post(EMPTY);
    assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '5']);
    const ready = await fetch(`${bed.url}/ready`);
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), /more than 64 MiB/);
    assert.equal((await fetch(`${bed.url}/health`)).status, 200);
    memory.returns(63 * MIB);
    assert.equal((await bed.post(EMPTY)).status, 200);
    assert.equal((await fetch(`${bed.url}/ready`)).status, 200);
  });

  it('turns requests away beyond those that it reads at the same time', async () => {
    await start({ limits: { maxRequests: 1 } });
    const body = new PassThrough();
    body.write('{');
    const open = fetch(`${bed.url}/v1/traces`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
      duplex: 'half',
    } as unknown as RequestInit);
    let second = await bed.post(EMPTY);
    while (second.status === 200) second = await bed.post(EMPTY);
    assert.deepEqual([second.status, second.headers.get('retry-after')], [429, '5']);
    body.end('}');
    assert.equal((await open).status, 200);
    assert.equal((await bed.post(EMPTY)).status, 200);
  });

  it('asks for the bearer token, also for its counts', async () => {
    process.env['GATEWAY_TEST_TOKEN'] = 'right-token';
    try {
      await start({ config: () => ({ bearerToken: { env: 'GATEWAY_TEST_TOKEN' } }) });
      for (const header of [undefined, '', 'Bearer', 'Bearer wrong', 'Basic right-token']) {
        const headers: Record<string, string> =
          header === undefined ? {} : { Authorization: header };
        const response = await bed.post(EMPTY, headers);
        assert.equal(response.status, 401, header);
        assert.doesNotMatch(await response.text(), /right/);
      }
      assert.equal(await statusOf(EMPTY, { Authorization: 'Bearer right-token' }), 200);
      assert.equal(await statusOf(EMPTY, { Authorization: 'bearer right-token' }), 200);
      assert.equal((await fetch(`${bed.url}/stats`)).status, 401);
      assert.equal((await fetch(`${bed.url}/health`)).status, 200);
      assert.doesNotMatch(bed.lines.join('\n'), /right/);
    } finally {
      delete process.env['GATEWAY_TEST_TOKEN'];
    }
  });

  it('serves TLS, and with clientCaFile only those with a certificate', async () => {
    const authority = new CertificateAuthority();
    const server = authority.issueServer(['localhost', '127.0.0.1']);
    const folder = await mkdtemp(path.join(tmpdir(), 'gateway-tls-'));
    const file = (name: string): string => path.join(folder, name);
    await writeFile(file('cert.pem'), server.certificate);
    await writeFile(file('key.pem'), server.privateKey);
    await writeFile(file('ca.pem'), authority.certificate);
    await start({
      config: () => ({
        tls: {
          certFile: file('cert.pem'),
          keyFile: file('key.pem'),
          clientCaFile: file('ca.pem'),
        },
      }),
    });
    const get = (client?: Credential): Promise<number | string> =>
      new Promise((resolve) => {
        const { port } = new URL(bed.url);
        httpsRequest(
          {
            host: '127.0.0.1',
            port,
            path: '/health',
            ca: authority.certificate,
            agent: false,
            cert: client?.certificate,
            key: client?.privateKey,
          },
          (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          },
        )
          .on('error', () => resolve('refused'))
          .end();
      });
    assert.equal(await get(authority.issueClient('collector')), 200);
    assert.equal(await get(), 'refused');
    assert.equal(await get(new CertificateAuthority().issueClient('collector')), 'refused');
    await rm(folder, { recursive: true });
  });
});
