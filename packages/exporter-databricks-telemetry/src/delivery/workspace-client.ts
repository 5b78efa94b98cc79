import type { Agent } from 'node:http';
import { clock, pause } from '../clock';
import type { ResolvedExporterOptions } from '../config';
import { logDebug, runCallback } from '../diagnostics';
import type { Fate } from '../record';
import { CircuitBreaker } from './circuit-breaker';
import type { Permit } from './circuit-breaker';
import type { Host } from './host';
import type { WayEvent } from './host-trouble';
import { postLogs } from './post-logs';
import type { LogFate } from './post-logs';
import { judge } from './response';
import type { Verdict } from './response';
import { backoffMs } from './retry';
import { send } from './transport';
import type { TransportRequest } from './transport';

export const AUTHENTICATED_PATH = '/telemetry-ext';
export const UNAUTHENTICATED_PATH = '/telemetry-unauth';

/** After a try of this length nothing is retried at once: the records of other connections are waiting. */
const MAX_RETRIED_TRY_MS = 2_000;
/** How long others wait while one batch retries or probes. */
const WAIT_FOR_OTHER_MS = 1_000;

export type WorkspaceClientOptions = Pick<
  ResolvedExporterOptions,
  'requestTimeoutMs' | 'retry' | 'circuitBreaker' | 'onPayload'
>;

/** A request without its body. */
export interface RequestHead {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request, and how many records it carries. */
type CountedRequest = TransportRequest & { readonly records: number };

/**
 * Speaks to one host in one way: for one workspace, through one agent or through agents with equal settings. Its
 * circuit breaker and its pause concern that way only.
 */
export class WorkspaceClient {
  readonly breaker: CircuitBreaker;
  readonly #host: Host;
  readonly #options: WorkspaceClientOptions;
  readonly #onError: (error: string) => void;
  readonly #onEvent: (event: WayEvent) => void;
  #pausedUntilMs = 0;
  #requests = 0;
  #isRetrying = false;
  #lastUsedMs = 0;
  #lastError = '';

  /**
   * @param onError is called with the word for each failure
   * @param onEvent is called with each failed try that may be repeated, each success, and each opening of the breaker
   */
  constructor(
    readonly key: string,
    host: Host,
    options: WorkspaceClientOptions,
    onError: (error: string) => void,
    onEvent: (event: WayEvent) => void = () => undefined,
  ) {
    this.#host = host;
    this.#options = options;
    this.#onError = onError;
    this.#onEvent = onEvent;
    this.breaker = new CircuitBreaker(
      options.circuitBreaker,
      () => clock.monotonicMs(),
      (from, to) => {
        logDebug(`circuit breaker of ${host.key}: ${from} -> ${to}`);
        if (from === 'CLOSED' && to === 'OPEN') this.#breakerOpened();
      },
    );
  }

  get hostKey(): string {
    return this.#host.key;
  }

  /** No request is under way. */
  get isIdle(): boolean {
    return this.#requests === 0;
  }

  /** Its breaker or its pause holds something that a new client would not know. */
  get hasTrouble(): boolean {
    return this.breaker.hasFailures || this.#pausedUntilMs > clock.monotonicMs();
  }

  /** When its last request ended, in milliseconds of the monotonic clock. */
  get lastUsedMs(): number {
    return this.#lastUsedMs;
  }

  /** Why no request may be sent now, and for how long; `undefined` when one may. */
  get obstacle(): Fate | undefined {
    if (this.breaker.retryAfterMs > 0) return this.#breakerOpen();
    const pauseMs = this.#pausedUntilMs - clock.monotonicMs();
    if (pauseMs > 0) return { kind: 'undelivered', reason: 'retryable', retryAfterMs: pauseMs };
    return this.#isRetrying
      ? { kind: 'undelivered', reason: 'retryable', retryAfterMs: WAIT_FOR_OTHER_MS }
      : undefined;
  }

  /** Posts logs and gives each a fate. The whole call is one outcome for the circuit breaker. */
  async post(
    head: RequestHead,
    logs: readonly string[],
    encodeBody: (logs: readonly string[]) => readonly Buffer[],
    agent: Agent | undefined,
    signal: AbortSignal,
  ): Promise<readonly LogFate[]> {
    const { obstacle } = this;
    if (obstacle) return logs.map(() => obstacle);
    const permit = this.breaker.tryAcquire();
    if (!permit) return logs.map(() => this.#breakerOpen());
    this.#requests += 1;
    let hasYielded = false;
    const { fates, verdict } = await postLogs(logs, (part) => {
      const body = encodeBody(part);
      this.#show(head.path, body);
      const request = { method: 'POST' as const, ...head, body, records: part.length };
      return this.#sendWithRetries(request, agent, signal, () => {
        hasYielded = true;
      });
    });
    // Of batches that fail at the same time, the one that retries decides about the way.
    if (hasYielded) permit.cancel();
    this.#settle(permit, verdict);
    return fates;
  }

  /** Sends one `GET`, without retries. */
  async get(head: RequestHead, agent: Agent | undefined, signal: AbortSignal): Promise<Verdict> {
    const { obstacle } = this;
    const permit = obstacle ? undefined : this.breaker.tryAcquire();
    if (!permit) {
      const retryAfterMs = obstacle?.kind === 'undelivered' ? obstacle.retryAfterMs : undefined;
      return { kind: 'unavailable', error: 'breaker_open', retryAfterMs };
    }
    this.#requests += 1;
    const verdict = await this.#send({ method: 'GET', ...head, records: 0 }, agent, signal);
    this.#settle(permit, verdict);
    return verdict;
  }

  /**
   * While a way is in trouble one batch retries and all others wait: an outage gets few requests, however many
   * connections there are. A way that failed before is tried once per batch.
   */
  async #sendWithRetries(
    request: CountedRequest,
    agent: Agent | undefined,
    signal: AbortSignal,
    onYield: () => void,
  ): Promise<Verdict> {
    const { retry } = this.#options;
    const maxRetries = this.breaker.hasFailures ? 0 : retry.maxRetries;
    let isRetrier = false;
    try {
      for (let attempt = 0; ; attempt += 1) {
        const startMs = clock.monotonicMs();
        const verdict = await this.#send(request, agent, signal);
        if (verdict.kind !== 'retryable' || attempt >= maxRetries) return verdict;
        if (clock.monotonicMs() - startMs > MAX_RETRIED_TRY_MS) return verdict;
        const { retryAfterMs = 0 } = verdict;
        // The records wait in their queue when the service asks for a longer rest.
        if (retryAfterMs > retry.maxDelayMs) return verdict;
        if (this.#isRetrying && !isRetrier) {
          onYield();
          return verdict;
        }
        this.#isRetrying = isRetrier = true;
        const pausedUntilMs = this.#pausedUntilMs;
        await pause(Math.max(backoffMs(attempt, retry), retryAfterMs), signal);
        if (signal.aborted) return { kind: 'aborted', error: 'aborted' };
        // Another batch may have failed meanwhile.
        if (this.breaker.hasFailures || this.#pausedUntilMs > pausedUntilMs) return verdict;
      }
    } finally {
      if (isRetrier) this.#isRetrying = false;
    }
  }

  async #send(
    { records, ...request }: CountedRequest,
    agent: Agent | undefined,
    signal: AbortSignal,
  ): Promise<Verdict> {
    const { hostname, port } = this.#host;
    const answer = await send(
      { hostname, port, agent },
      request,
      this.#options.requestTimeoutMs,
      signal,
    );
    const verdict = judge(answer, clock.epochMs());
    if (verdict.kind === 'retryable' || verdict.kind === 'unavailable') {
      this.#onEvent({ kind: 'failed', records, error: verdict.error });
    } else if (verdict.kind === 'terminal' && records > 0) {
      this.#onEvent({ kind: 'rejected', records, error: verdict.error });
    } else if (verdict.kind === 'ok' && records > 0) {
      this.#onEvent({ kind: 'succeeded' });
    }
    return verdict;
  }

  #breakerOpened(): void {
    this.#onEvent({
      kind: 'breaker_opened',
      failures: this.#options.circuitBreaker.failureThreshold,
      waitMs: this.breaker.retryAfterMs,
      error: this.#lastError,
    });
  }

  #breakerOpen(): Fate {
    const retryAfterMs = this.breaker.retryAfterMs || WAIT_FOR_OTHER_MS;
    return { kind: 'undelivered', reason: 'breaker_open', retryAfterMs };
  }

  #show(path: string, body: readonly Buffer[]): void {
    const { onPayload } = this.#options;
    if (onPayload) {
      const host = this.#host.key;
      runCallback('onPayload', () =>
        onPayload({ host, path, body: Buffer.concat(body).toString() }),
      );
    }
  }

  #settle(permit: Permit, verdict: Verdict): void {
    this.#requests -= 1;
    this.#lastUsedMs = clock.monotonicMs();
    if (verdict.kind !== 'ok') {
      this.#lastError = verdict.error;
      this.#onError(verdict.error);
    }
    switch (verdict.kind) {
      case 'ok':
      case 'too_large':
        permit.success();
        return;
      // Neither refused credentials nor an abort tells whether the way works.
      case 'credentials':
      case 'aborted':
        permit.cancel();
        return;
      case 'terminal':
        // The service answers, and only refuses what this connection sent.
        if (verdict.isAnswer) permit.cancel();
        else permit.failure();
        return;
      case 'retryable':
      case 'unavailable':
        permit.failure(verdict.retryAfterMs);
        if (verdict.retryAfterMs !== undefined) {
          this.#pausedUntilMs = clock.monotonicMs() + verdict.retryAfterMs;
        }
    }
  }
}
