import { createHmac, randomBytes } from 'node:crypto';
import { isoTime, now } from '../clock';
import type { Answer, IncomingRequest } from '../endpoint';

const KEY_BYTES = 32;
const EXPIRES_AT = 'X-Amz-Expires-At';
const SIGNATURE = 'X-Amz-Signature';

export interface PresignedLink {
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Makes and checks URLs that grant one method on one object for some time, shaped like those of AWS. */
export class Presigner {
  readonly #key = randomBytes(KEY_BYTES);

  sign(origin: string, method: string, path: string, lifetimeMs: number): PresignedLink {
    const expiresAt = now() + lifetimeMs;
    const query = new URLSearchParams({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'LOCALWAREHOUSE/local/s3/aws4_request',
      'X-Amz-Date': isoTime(now()).replace(/[-:]|\.\d+/g, ''),
      [EXPIRES_AT]: String(expiresAt),
      'X-Amz-Security-Token': this.#signature('token', path, 0),
      [SIGNATURE]: this.#signature(method, path, expiresAt),
    });
    return { url: `${origin}${path}?${query.toString()}`, expiresAt };
  }

  /** The refusal that a request without a valid signature gets. */
  refusal({ method, path, query }: IncomingRequest): Answer | undefined {
    const expiresAt = Number(query.get(EXPIRES_AT));
    if (query.get(SIGNATURE) !== this.#signature(method, path, expiresAt)) {
      return storageError(403, 'SignatureDoesNotMatch', 'The request signature does not match.');
    }
    return now() >= expiresAt
      ? storageError(403, 'AccessDenied', 'Request has expired')
      : undefined;
  }

  #signature(method: string, path: string, expiresAt: number): string {
    const text = `${method}\n${path}\n${expiresAt}`;
    return createHmac('sha256', this.#key).update(text).digest('hex');
  }
}

/** An error in the XML of cloud storage. */
export function storageError(status: number, code: string, message: string): Answer {
  const xml = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(xml) };
}
