import { randomBytes } from 'node:crypto';

const TOKEN_BYTES = 16;

/** The access tokens that are good, and whose they are. */
export class Tokens {
  readonly #tenants = new Map<string, string>();

  /** Makes a token that looks like a personal access token. */
  issue(tenant: string): string {
    const token = `dapi${randomBytes(TOKEN_BYTES).toString('hex')}`;
    this.#tenants.set(token, tenant);
    return token;
  }

  add(token: string, tenant: string): void {
    this.#tenants.set(token, tenant);
  }

  revoke(token: string): void {
    this.#tenants.delete(token);
  }

  /** Whose token an `Authorization` header carries. */
  tenantOf(authorization: string | undefined): string | undefined {
    const token = /^Bearer\s+(.+)$/i.exec(authorization ?? '')?.[1];
    return token === undefined ? undefined : this.#tenants.get(token);
  }
}
