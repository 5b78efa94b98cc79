import { randomBytes } from 'node:crypto';
import { now } from './clock';

const TOKEN_BYTES = 16;

interface KnownToken {
  readonly tenant: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The access tokens that are good, and whose they are. */
export class Tokens {
  readonly #known = new Map<string, KnownToken>();

  /** Makes a token that looks like a personal access token. */
  issue(tenant: string): string {
    const token = `dapi${randomBytes(TOKEN_BYTES).toString('hex')}`;
    this.add(token, tenant);
    return token;
  }

  /** Makes a given token good, until a time in milliseconds since the epoch. */
  add(token: string, tenant: string, expiresAt = Infinity): void {
    this.#known.set(token, { tenant, expiresAt });
  }

  revoke(token: string): void {
    this.#known.delete(token);
  }

  /** Revokes every token of a tenant. */
  revokeAll(tenant: string): void {
    for (const [token, known] of this.#known) {
      if (known.tenant === tenant) this.#known.delete(token);
    }
  }

  /** Whose valid token an `Authorization` header carries. */
  tenantOf(authorization: string | undefined): string | undefined {
    const token = /^Bearer\s+(.+)$/i.exec(authorization ?? '')?.[1];
    const known = token === undefined ? undefined : this.#known.get(token);
    return known && known.expiresAt > now() ? known.tenant : undefined;
  }
}
