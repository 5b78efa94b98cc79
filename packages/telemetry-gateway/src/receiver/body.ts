import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import type { Gunzip } from 'node:zlib';
import type { Limits } from '../config/config';

/** A request that is answered with this status; `message` is for its sender. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    readonly status: number,
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}

type BodyLimits = Pick<Limits, 'maxBodyBytes' | 'maxInflatedBytes'>;

/**
 * Reads a body, decompressed. Rejects with a `RequestError` as soon as a limit is passed: at no time is more than the
 * limits in memory.
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding !== 'gzip' && encoding !== 'identity' && encoding !== '') {
    throw new RequestError(415, 'the content encoding must be gzip or identity');
  }
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limits.maxBodyBytes) throw tooLarge('the body', limits.maxBodyBytes);
  const gunzip = encoding === 'gzip' ? createGunzip() : undefined;
  return gunzip === undefined
    ? readPlain(request, Math.min(limits.maxBodyBytes, limits.maxInflatedBytes))
    : inflate(request, gunzip, limits);
}

async function readPlain(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) throw tooLarge('the body', maxBytes);
    parts.push(part);
  }
  return Buffer.concat(parts, bytes);
}

function inflate(request: IncomingMessage, gunzip: Gunzip, limits: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let received = 0;
    let inflated = 0;
    const fail = (error: Error): void => {
      request.unpipe(gunzip);
      gunzip.destroy();
      reject(error);
    };
    request.on('data', (part: Buffer) => {
      received += part.length;
      if (received > limits.maxBodyBytes) fail(tooLarge('the body', limits.maxBodyBytes));
    });
    request.on('error', fail);
    request.on('close', () => {
      if (!request.complete) fail(new RequestError(400, 'the request was broken off'));
    });
    gunzip.on('data', (part: Buffer) => {
      inflated += part.length;
      if (inflated > limits.maxInflatedBytes) {
        fail(tooLarge('the decompressed body', limits.maxInflatedBytes));
      } else parts.push(part);
    });
    gunzip.on('error', () => fail(new RequestError(400, 'the body is not gzip')));
    gunzip.on('end', () => resolve(Buffer.concat(parts, inflated)));
    request.pipe(gunzip);
  });
}

function tooLarge(what: string, maxBytes: number): RequestError {
  return new RequestError(413, `${what} is larger than ${maxBytes} bytes`);
}
