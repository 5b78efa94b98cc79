import type { ResolvedExporterOptions } from '../config';
import { guarded } from '../diagnostics';
import { type Outcome, deliverBatch } from './batch';
import type { Permit } from './circuit-breaker';
import type { HostClient } from './host-client';
import { type Verdict, judge } from './response';
import { type TransportRequest, type TransportTarget, send } from './transport';

export const AUTHENTICATED_PATH = '/telemetry-ext';
export const UNAUTHENTICATED_PATH = '/telemetry-unauth';

/** A request of telemetry, ready but for its body. */
export interface Endpoint {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type ChannelOptions = Pick<
  ResolvedExporterOptions,
  'requestTimeoutMs' | 'retry' | 'onPayload'
>;

/** The way of one batch to its host, through the circuit breaker of that host. */
export class Channel {
  constructor(
    readonly client: HostClient,
    private readonly target: TransportTarget,
    private readonly options: ChannelOptions,
    private readonly signal: AbortSignal,
  ) {}

  /** Delivers logs; one outcome per log, and one for the circuit breaker. */
  async post(
    { path, headers }: Endpoint,
    logs: readonly string[],
    encodeBody: (logs: readonly string[]) => readonly Buffer[],
  ): Promise<readonly Outcome[]> {
    const permit = this.client.breaker.tryAcquire();
    if (!permit) {
      const { retryAfterMs } = this.client.breaker;
      return logs.map(() => ({ kind: 'undelivered', reason: 'breaker_open', retryAfterMs }));
    }
    const { outcomes, verdict } = await deliverBatch(
      logs,
      (part) => {
        const body = encodeBody(part);
        this.#show(path, body);
        return this.#send({ method: 'POST', path, headers, body });
      },
      this.options.retry,
      this.signal,
    );
    this.#settle(permit, verdict);
    return outcomes;
  }

  async get({ path, headers }: Endpoint): Promise<Verdict> {
    const permit = this.client.breaker.tryAcquire();
    if (!permit) {
      const { retryAfterMs } = this.client.breaker;
      return { kind: 'unavailable', error: 'breaker_open', retryAfterMs };
    }
    const verdict = await this.#send({ method: 'GET', path, headers });
    this.#settle(permit, verdict);
    return verdict;
  }

  #show(path: string, body: readonly Buffer[]): void {
    const { onPayload } = this.options;
    if (onPayload) {
      guarded('onPayload', () =>
        onPayload({ host: this.client.host.key, path, body: Buffer.concat(body).toString() }),
      );
    }
  }

  async #send(request: TransportRequest): Promise<Verdict> {
    const { requestTimeoutMs } = this.options;
    return judge(await send(this.target, request, requestTimeoutMs, this.signal), Date.now());
  }

  /** Refused credentials and our own giving up say nothing of the host's health. */
  #settle(permit: Permit, verdict: Verdict): void {
    const { client } = this;
    if (verdict.kind !== 'ok') client.lastError = verdict.error;
    switch (verdict.kind) {
      case 'ok':
      case 'too_large':
        permit.success();
        return;
      case 'credentials':
      case 'aborted':
        permit.cancel();
        return;
      case 'terminal':
        permit.failure();
        return;
      case 'retryable':
      case 'unavailable':
        permit.failure(verdict.retryAfterMs);
        if (verdict.retryAfterMs !== undefined) {
          client.pausedUntilMs = client.now() + verdict.retryAfterMs;
        }
    }
  }
}
