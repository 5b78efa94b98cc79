import { createHmac, randomBytes } from 'node:crypto';
import { delay, isoTime, now } from '../clock';
import type { Answer, Endpoint, Exchange, IncomingRequest } from '../endpoint';

const PATH_PREFIX = '/warehouse-results/';
const DEFAULT_CAPACITY_BYTES = 512 * 1024 * 1024;

/** A file in the storage and what is to happen when it is fetched. */
export interface StoredFile {
  readonly bytes: Buffer;
  readonly statementId: string;
  readonly delayMs: number;
  /** Refuses the download with this status. */
  readonly failureStatus: number | undefined;
  /** Called when the whole file has been sent. */
  readonly onServed: () => void;
}

export interface PresignedLink {
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Cloud storage for result files: each can be had by its presigned URL alone, without a token, until that expires. */
export class ResultStorage implements Endpoint {
  readonly name = 'storage';
  readonly #key = randomBytes(32);
  readonly #files = new Map<string, StoredFile>();
  readonly #signal: AbortSignal;
  #storedBytes = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Stores a file and signs a link to it. The oldest files go when there are too many. */
  put(origin: string, name: string, file: StoredFile, lifetimeMs: number): PresignedLink {
    const path = `${PATH_PREFIX}${file.statementId}/${name}`;
    this.#remove(path);
    this.#files.set(path, file);
    this.#storedBytes += file.bytes.length;
    for (const oldest of this.#files.keys()) {
      if (this.#storedBytes <= DEFAULT_CAPACITY_BYTES) break;
      this.#remove(oldest);
    }
    const expiresAt = now() + lifetimeMs;
    return { url: this.#presign(origin, path, expiresAt), expiresAt };
  }

  serves(request: IncomingRequest): boolean {
    return request.path.startsWith(PATH_PREFIX);
  }

  open(request: IncomingRequest): Exchange {
    const file = this.#files.get(request.path);
    const refused = this.#refusal(request, file);
    return {
      needsToken: false,
      facts: file ? { statementId: file.statementId } : {},
      answer: async () => {
        if (file) await delay(file.delayMs, this.#signal);
        if (refused) return refused;
        return {
          status: 200,
          headers: { 'content-type': 'binary/octet-stream' },
          body: file?.bytes ?? Buffer.alloc(0),
        };
      },
      ended: (_, complete) => {
        if (complete && !refused) file?.onServed();
      },
    };
  }

  #remove(path: string): void {
    this.#storedBytes -= this.#files.get(path)?.bytes.length ?? 0;
    this.#files.delete(path);
  }

  #refusal(request: IncomingRequest, file: StoredFile | undefined): Answer | undefined {
    const expiresAt = Number(request.query.get('X-Amz-Expires-At'));
    if (request.query.get('X-Amz-Signature') !== this.#signature(request.path, expiresAt)) {
      return refusal(403, 'SignatureDoesNotMatch', 'The request signature does not match.');
    }
    if (now() >= expiresAt) return refusal(403, 'AccessDenied', 'Request has expired');
    if (!file) return refusal(404, 'NoSuchKey', 'The specified key does not exist.');
    return file.failureStatus === undefined
      ? undefined
      : refusal(file.failureStatus, 'AccessDenied', 'Access Denied');
  }

  /** Shaped like an AWS presigned URL, secret-looking query and all. */
  #presign(origin: string, path: string, expiresAt: number): string {
    const query = new URLSearchParams({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIALOCALWAREHOUSE/local/s3/aws4_request',
      'X-Amz-Date': isoTime(now()).replace(/[-:]|\.\d+/g, ''),
      'X-Amz-Expires-At': String(expiresAt),
      'X-Amz-Security-Token': this.#signature(path, 0),
      'X-Amz-Signature': this.#signature(path, expiresAt),
    });
    return `${origin}${path}?${query.toString()}`;
  }

  #signature(path: string, expiresAt: number): string {
    return createHmac('sha256', this.#key).update(`${path}\n${expiresAt}`).digest('hex');
  }
}

function refusal(status: number, code: string, message: string): Answer {
  const xml = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(xml) };
}
