import type { AuthProvider, ConnectionProvider } from '../driver/shapes';
import { ProviderRequests } from './provider-requests';

/** What a flush needs of a client; the driver drops both providers when it closes. */
export interface Providers {
  readonly auth: AuthProvider | undefined;
  readonly connection: ConnectionProvider | undefined;
  readonly customHeaders: Readonly<Record<string, string>>;
}

/** The providers as they are now, and whether the application has closed the client. */
interface Source extends Providers {
  readonly isClosed: boolean;
}

type Headers = Readonly<Record<string, string>>;

/**
 * The credentials of one connection. The driver keeps the headers of its last request, and those are used as long as the
 * workspace accepts them: asking an auth provider may begin a login, and may open what holds the process.
 */
export class Credentials {
  readonly #source: () => Source;
  readonly #requests = new ProviderRequests<Headers>();
  /** The driver's headers that the workspace has refused. */
  #refused: unknown;
  /** The driver's headers at its last failure: as long as they stay, the provider may not have recovered. */
  #atFailure: unknown;

  constructor(source: () => Source) {
    this.#source = source;
  }

  /** The provider has authenticated a request of the driver, and has not failed too often since. */
  get isAuthenticated(): boolean {
    return this.#requests.isAuthenticated;
  }

  servedDriver(isKernel: boolean): void {
    // The kernel logs in by itself: only a provider that holds a token can be asked without a second login.
    if (isKernel && !holdsToken(this.#source())) return;
    this.#requests.servedDriver();
    this.#atFailure = undefined;
  }

  failedDriver(): void {
    this.#atFailure = this.#source().connection?.headers;
  }

  /** @param isRefused whether the workspace has refused what the last call gave */
  async headers(isRefused: boolean): Promise<Headers> {
    const source = this.#source();
    const given = source.connection?.headers;
    if (isRefused) this.#refused = given;
    const mayAsk = this.#mayAsk(source);
    const last = given === this.#refused && mayAsk ? {} : readable(given);
    if (Object.keys(last).length > 0) return { ...source.customHeaders, ...last };
    if (!mayAsk) throw new Error('the auth provider must not be asked');
    return this.#requests.ask(async () => ({
      ...source.customHeaders,
      ...plainHeaders(await source.auth?.authenticate?.()),
    }));
  }

  /** A provider that holds a token opens nothing. Others are asked neither at the end nor after a failure. */
  #mayAsk(source: Source): boolean {
    if (holdsToken(source)) return true;
    const given = source.connection?.headers;
    return !source.isClosed && (given === undefined || given !== this.#atFailure);
  }
}

function holdsToken({ auth }: Providers): boolean {
  return auth === undefined || auth.constructor?.name === 'PlainHttpAuthentication';
}

/** No headers where they cannot be read. */
function readable(headers: unknown): Headers {
  try {
    return plainHeaders(headers);
  } catch {
    return {};
  }
}

/** An auth provider may return anything that `fetch` accepts as headers. */
function plainHeaders(headers: unknown): Record<string, string> {
  if (typeof headers !== 'object' || headers === null) return {};
  const entries =
    Symbol.iterator in headers
      ? [...(headers as Iterable<readonly [string, unknown]>)]
      : Object.entries(headers);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}
