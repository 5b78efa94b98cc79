import { clock } from '../clock';
/**
 * How long after its first, second, … failure in a row a provider may be asked again, in milliseconds. After the last of
 * these attempts it is not asked any more, until the driver succeeds with it.
 */
const BACKOFF_MS = [1_000, 5_000, 30_000, 120_000, 600_000];

/**
 * Decides when telemetry may ask a connection's auth provider. Telemetry must not begin a login that the application
 * did not ask for, and must not repeat one that fails.
 */
export class ProviderRequests<Headers> {
  #hasServedDriver = false;
  #failures = 0;
  #notBeforeMs = 0;
  #pending: Promise<Headers> | undefined;

  /** The provider has authenticated a request of the driver, and has not failed too often since. */
  get isAuthenticated(): boolean {
    return this.#hasServedDriver && this.#failures <= BACKOFF_MS.length;
  }

  /** A request of the driver, which the provider had authenticated, has succeeded. */
  servedDriver(): void {
    this.#hasServedDriver = true;
    this.#failures = 0;
    this.#notBeforeMs = 0;
  }

  /**
   * Asks the provider. A request under way is shared, since a provider that hangs must not be asked again and again.
   * Rejects with the provider's error, and without asking while the back-off lasts.
   */
  ask(authenticate: () => Promise<Headers>): Promise<Headers> {
    if (this.#pending) return this.#pending;
    if (clock.monotonicMs() < this.#notBeforeMs) {
      return Promise.reject(new Error('the auth provider has failed and is not asked yet'));
    }
    const pending = this.#record(authenticate).finally(() => {
      this.#pending = undefined;
    });
    this.#pending = pending;
    return pending;
  }

  async #record(authenticate: () => Promise<Headers>): Promise<Headers> {
    try {
      const headers = await authenticate();
      this.#failures = 0;
      return headers;
    } catch (error) {
      this.#notBeforeMs = clock.monotonicMs() + (BACKOFF_MS[this.#failures] ?? 0);
      this.#failures += 1;
      throw error;
    }
  }
}
