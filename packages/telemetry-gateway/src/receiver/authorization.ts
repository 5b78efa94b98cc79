import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../config/secrets';

const BEARER = /^bearer +(\S+)$/i;

/** Checks the bearer token of requests. */
export class Authorization {
  readonly #token: Secret | undefined;

  /** @param token without one, every request is authorized */
  constructor(token: Secret | undefined) {
    this.#token = token;
  }

  /** Rejects when the secret cannot be read. */
  async allows(header: string | undefined): Promise<boolean> {
    if (this.#token === undefined) return true;
    const given = BEARER.exec(header ?? '')?.[1] ?? '';
    // Digests have one length, and comparing them takes one time.
    return timingSafeEqual(digest(given), digest(await this.#token.read()));
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
