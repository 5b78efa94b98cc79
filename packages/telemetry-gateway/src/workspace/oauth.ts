import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Agent } from 'node:https';
import { isObject } from '../otlp/attributes';
import type { Secret } from '../config/secrets';

const TOKEN_PATH = '/oidc/v1/token';
const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 65_536;
/** A token is replaced when this share of its life is over. */
const USED_SHARE = 0.8;
const DEFAULT_LIFETIME_SECONDS = 3_600;
/** The service is not asked again sooner after a failure. */
const FAILURE_WAIT_MS = 5_000;
const PRINTABLE = /^[\x21-\x7e]+$/;

export interface OAuthOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly agent: Agent;
}

/** Access tokens of a service principal: the client credentials grant of the workspace itself. */
export class OAuthTokens {
  readonly #options: OAuthOptions;
  #token: string | undefined;
  #replaceAtMs = 0;
  #notBeforeMs = 0;
  #request: Promise<string> | undefined;

  constructor(options: OAuthOptions) {
    this.#options = options;
  }

  /** Calls at the same time share one request. Rejects when the workspace gives no token. */
  async token(): Promise<string> {
    if (this.#token !== undefined && performance.now() < this.#replaceAtMs) return this.#token;
    if (performance.now() < this.#notBeforeMs) {
      throw new Error('the last request for a token failed');
    }
    this.#request ??= this.#fetch().finally(() => {
      this.#request = undefined;
    });
    return this.#request;
  }

  /** The workspace refused the token: the next call asks for another. */
  discard(): void {
    this.#token = undefined;
  }

  async #fetch(): Promise<string> {
    try {
      const answer = await this.#post(await this.#options.clientSecret.read());
      const { access_token: token, expires_in: lifetime } = answer;
      if (typeof token !== 'string' || !PRINTABLE.test(token)) throw new Error('no access_token');
      const seconds =
        typeof lifetime === 'number' && lifetime > 0 ? lifetime : DEFAULT_LIFETIME_SECONDS;
      this.#token = token;
      this.#replaceAtMs = performance.now() + seconds * USED_SHARE * 1_000;
      return token;
    } catch (error) {
      this.#notBeforeMs = performance.now() + FAILURE_WAIT_MS;
      throw error;
    }
  }

  #post(clientSecret: string): Promise<Readonly<Record<string, unknown>>> {
    const { host, port, clientId, agent } = this.#options;
    const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':');
    const body = 'grant_type=client_credentials&scope=all-apis';
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host,
          port,
          path: TOKEN_PATH,
          method: 'POST',
          agent,
          signal: AbortSignal.timeout(TIMEOUT_MS),
          headers: {
            Authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
            'Content-Type': 'application/x-www-form-urlencoded',
            'Content-Length': Buffer.byteLength(body),
            Accept: 'application/json',
          },
        },
        (response) => {
          readAnswer(response).then(resolve, reject);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

async function readAnswer(response: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response as AsyncIterable<string>) {
    text += part;
    if (text.length > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
  }
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
  const answer = parseJson(text);
  return isObject(answer) ? answer : {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('the answer is not JSON');
  }
}
