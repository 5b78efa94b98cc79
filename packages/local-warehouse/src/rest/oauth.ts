import { randomBytes, randomUUID } from 'node:crypto';
import { now } from '../clock';
import { jsonAnswer } from '../endpoint';
import type { Answer, Endpoint, Exchange, IncomingRequest } from '../endpoint';
import type { Tokens } from '../tokens';

const DISCOVERY_PATHS = new Set([
  '/oidc/.well-known/oauth-authorization-server',
  '/oidc/.well-known/openid-configuration',
]);
const TOKEN_PATH = '/oidc/v1/token';
const SECRET_BYTES = 18;
const SIGNATURE_BYTES = 32;
const MS_PER_SECOND = 1000;

/** A service principal's credentials. */
export interface ServicePrincipal {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** OAuth for machines: discovery and the client credentials grant, with access tokens that expire. */
export class OAuthEndpoint implements Endpoint {
  readonly name = 'oauth';
  /** How long the next access tokens are good for. */
  tokenLifetimeSeconds = 3600;
  readonly #tokens: Tokens;
  readonly #principals = new Map<string, { readonly tenant: string; secret: string }>();

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  /** Makes a service principal whose tokens are those of the tenant. */
  register(tenant: string): ServicePrincipal {
    const clientId = randomUUID();
    const clientSecret = newSecret();
    this.#principals.set(clientId, { tenant, secret: clientSecret });
    return { clientId, clientSecret };
  }

  /** Replaces the secret; the old one is refused from now on, tokens stay good. */
  rotateSecret(clientId: string): ServicePrincipal {
    const principal = this.#principals.get(clientId);
    if (!principal) throw new RangeError(`There is no service principal ${clientId}.`);
    principal.secret = newSecret();
    return { clientId, clientSecret: principal.secret };
  }

  /** Removes the service principal; its tokens stay good until they expire or are revoked. */
  remove(clientId: string): void {
    this.#principals.delete(clientId);
  }

  serves({ method, path }: IncomingRequest): boolean {
    return method === 'POST' ? path === TOKEN_PATH : DISCOVERY_PATHS.has(path);
  }

  open(request: IncomingRequest): Exchange {
    const answer = (): Answer =>
      request.path === TOKEN_PATH
        ? this.#grant(request)
        : jsonAnswer(200, authorizationServerMetadata(request.origin));
    return { needsToken: false, answer };
  }

  #grant(request: IncomingRequest): Answer {
    const form = new URLSearchParams(request.body.toString('utf8'));
    if (form.get('grant_type') !== 'client_credentials') {
      return oauthError('unsupported_grant_type');
    }
    const { clientId, clientSecret } = clientCredentials(request, form);
    const principal = this.#principals.get(clientId);
    if (!principal || principal.secret !== clientSecret) return oauthError('invalid_client', 401);
    const expiresAtSeconds = Math.floor(now() / MS_PER_SECOND) + this.tokenLifetimeSeconds;
    const accessToken = jsonWebToken({ sub: clientId, exp: expiresAtSeconds, jti: randomUUID() });
    this.#tokens.add(accessToken, principal.tenant, expiresAtSeconds * MS_PER_SECOND);
    return jsonAnswer(200, {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: this.tokenLifetimeSeconds,
      scope: form.get('scope') ?? 'all-apis',
    });
  }
}

function newSecret(): string {
  return `dose${randomBytes(SECRET_BYTES).toString('hex')}`;
}

function authorizationServerMetadata(origin: string): object {
  return {
    issuer: `${origin}/oidc`,
    authorization_endpoint: `${origin}/oidc/v1/authorize`,
    token_endpoint: `${origin}${TOKEN_PATH}`,
    jwks_uri: `${origin}/oidc/jwks.json`,
    scopes_supported: ['all-apis', 'offline_access', 'sql'],
    response_types_supported: ['code'],
    grant_types_supported: ['client_credentials', 'authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
  };
}

/** By HTTP Basic, as RFC 6749 prefers, or in the form. */
function clientCredentials(request: IncomingRequest, form: URLSearchParams): ServicePrincipal {
  const basic = /^Basic\s+(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (basic === undefined) {
    return {
      clientId: form.get('client_id') ?? '',
      clientSecret: form.get('client_secret') ?? '',
    };
  }
  const [clientId = '', clientSecret = ''] = Buffer.from(basic, 'base64')
    .toString('utf8')
    .split(':');
  return {
    clientId: decodeURIComponent(clientId),
    clientSecret: decodeURIComponent(clientSecret),
  };
}

function oauthError(error: string, status = 400): Answer {
  return jsonAnswer(status, { error, error_description: 'The request was refused.' });
}

/** Shaped like a signed token. Only the warehouse checks it, against the tokens that it has issued. */
function jsonWebToken(claims: object): string {
  const signature = randomBytes(SIGNATURE_BYTES).toString('base64url');
  return `${base64UrlJson({ alg: 'RS256', typ: 'JWT' })}.${base64UrlJson(claims)}.${signature}`;
}

function base64UrlJson(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
