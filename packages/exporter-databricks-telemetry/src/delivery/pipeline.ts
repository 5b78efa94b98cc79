import type { Attributes } from '@opentelemetry/api';
import type { Agent } from 'node:http';
import { connectionFacts, driverVersion } from '../frontend-log/connection-facts';
import {
  type PreparedConnection,
  encodeAnonymousError,
  encodeError,
  encodeOperation,
  prepareConnection,
} from '../frontend-log/encode';
import {
  anonymousUserAgent,
  authenticatedUserAgent,
  driverVersionOf,
} from '../frontend-log/user-agent';
import { encodeBody } from '../frontend-log/body';
import { OncePerCondition } from '../diagnostics';
import type { ReadableSpan } from '../otel';
import type { Payload } from '../config';
import { type Outcome, deliverBatch } from './batch';
import { type Credentials, fetchCredentials, withDeadline } from './credentials';
import { type FeatureFlags, featureFlagPath } from './feature-flags';
import type { Host } from './host';
import type { HostClient } from './host-client';
import { type Verdict, judge } from './response';
import type { RetryOptions } from './retry';
import { type TransportRequest, type TransportTarget, send } from './transport';

export const AUTHENTICATED_PATH = '/telemetry-ext';
export const UNAUTHENTICATED_PATH = '/telemetry-unauth';

/** Newest release whose flags are known to be served, for connections that do not tell theirs. */
const FALLBACK_DRIVER_VERSION = '2.1.0';

/** One log to be: a span and what is to be said of it. */
export interface Item {
  readonly span: ReadableSpan;
  readonly kind: 'operation' | 'error';
  readonly completion: Attributes | undefined;
  readonly staging?: Attributes | undefined;
}

/** How a connection reaches its workspace. */
export interface Route {
  readonly connectionId: string;
  readonly host: Host;
  /** Attributes that describe the connection. */
  readonly facts: Attributes;
  readonly orgId: string | undefined;
  readonly userAgent: string | undefined;
  /** `undefined` when nothing can be had: the connection is gone. */
  readonly headers: (() => Promise<Readonly<Record<string, string>>>) | undefined;
  readonly agent: (() => Promise<Agent | undefined>) | undefined;
  /** Without its agent the connection cannot be reached the way its owner wants. */
  readonly needsAgent: boolean;
  /** The connection is no more: nothing is remembered of it. */
  readonly isGone: boolean;
}

export interface PipelineOptions {
  readonly requestTimeoutMs: number;
  readonly credentialsTimeoutMs: number;
  readonly retry: RetryOptions;
  readonly unauthenticatedFallback: boolean;
  readonly customHeaders: Readonly<Record<string, string>>;
  /** Sees each payload; `false` instead of sending. */
  readonly onPayload: ((payload: Payload) => void) | undefined;
  readonly dryRun: ((payload: Payload) => void) | undefined;
}

/**
 * Takes the items of one connection to its workspace: credentials, feature flag, circuit breaker, translation, requests.
 * Never rejects; every item gets an outcome.
 */
export class Pipeline {
  readonly #goneWarning = new OncePerCondition();
  readonly #prepared = new WeakMap<Attributes, PreparedConnection>();

  constructor(
    private readonly options: PipelineOptions,
    private readonly flags: FeatureFlags,
    private readonly signal: AbortSignal,
  ) {}

  async export(items: readonly Item[], route: Route, client: HostClient): Promise<Outcome[]> {
    if (this.options.dryRun) {
      return this.#rehearse(items, route, this.options.dryRun);
    }
    // Nothing is asked of credentials providers for a host that would not be spoken to.
    const { retryAfterMs } = client.breaker;
    if (retryAfterMs > 0) {
      return fill(items, { kind: 'undelivered', reason: 'breaker_open', retryAfterMs });
    }
    const pauseMs = client.pausedUntilMs - client.now();
    if (pauseMs > 0) {
      return fill(items, { kind: 'undelivered', reason: 'retryable', retryAfterMs: pauseMs });
    }
    const [credentials, target] = await Promise.all([
      this.#credentials(route),
      this.#target(route),
    ]);
    if (this.signal.aborted) {
      return fill(items, { kind: 'undelivered', reason: 'shutdown' });
    }
    if (!target || credentials.kind === 'timeout') {
      return fill(items, { kind: 'undelivered', reason: 'credentials_unavailable' });
    }
    if (credentials.kind !== 'present') {
      return this.#withoutCredentials(items, route, client, target, credentials);
    }
    return this.#authenticated(items, route, client, target, credentials.headers);
  }

  async #authenticated(
    items: readonly Item[],
    route: Route,
    client: HostClient,
    target: TransportTarget,
    credentials: Readonly<Record<string, string>>,
  ): Promise<Outcome[]> {
    const headers = this.#headers(route, credentials);
    const { state, failure } = await this.flags.resolve(route.host.key, () =>
      this.#fetchFlag(route, client, target, headers),
    );
    if (state === 'off') {
      return fill(items, { kind: 'dropped', reason: 'flag_off' });
    }
    if (state === 'unknown') {
      return failure?.kind === 'credentials'
        ? this.#refused(items, route, client, target)
        : fill(items, {
            kind: 'undelivered',
            reason: failure?.kind === 'aborted' ? 'shutdown' : 'flag_unknown',
            retryAfterMs: failure && 'retryAfterMs' in failure ? failure.retryAfterMs : undefined,
          });
    }
    const prepared = this.#prepare(route);
    const outcomes = await this.#deliver(items, (item) => encode(item, prepared), {
      route,
      client,
      target,
      headers,
      path: AUTHENTICATED_PATH,
    });
    if (outcomes.some(({ kind }) => kind === 'delivered')) {
      client.rearmWarning(route.connectionId);
    }
    const refused = items.filter((_, index) => outcomes[index]?.kind === 'unauthorized');
    if (refused.length === 0) {
      return outcomes;
    }
    const fallbacks = await this.#refused(refused, route, client, target);
    return outcomes.map((outcome) =>
      outcome.kind === 'unauthorized' ? (fallbacks.shift() ?? outcome) : outcome,
    );
  }

  #refused(
    items: readonly Item[],
    route: Route,
    client: HostClient,
    target: TransportTarget,
  ): Promise<Outcome[]> {
    client
      .warning(route.connectionId)
      .warn(
        `${route.host.key} refused the credentials of a connection, its telemetry is dropped: check the token and its scope`,
      );
    return this.#unauthenticated(
      items,
      { kind: 'dropped', reason: 'refused' },
      route,
      client,
      target,
    );
  }

  #withoutCredentials(
    items: readonly Item[],
    route: Route,
    client: HostClient,
    target: TransportTarget,
    credentials: Credentials,
  ): Promise<Outcome[]> {
    const warning = route.isGone ? this.#goneWarning : client.warning(route.connectionId);
    warning.warn(
      `a connection to ${route.host.key} has no credentials, its telemetry is not sent: pass the instrumentation's access, and close clients last`,
    );
    const others: Outcome =
      credentials.kind === 'missing'
        ? { kind: 'dropped', reason: 'no_credentials' }
        : { kind: 'undelivered', reason: 'credentials_unavailable' };
    return this.#unauthenticated(items, others, route, client, target);
  }

  /** Errors travel reduced and without authentication; what else there is gets `others`. */
  async #unauthenticated(
    items: readonly Item[],
    others: Outcome,
    route: Route,
    client: HostClient,
    target: TransportTarget,
  ): Promise<Outcome[]> {
    const canFallBack = this.options.unauthenticatedFallback;
    const errors = canFallBack ? items.filter(({ kind }) => kind === 'error') : [];
    if (errors.length === 0) {
      return fill(items, others);
    }
    if (this.flags.peek(route.host.key) === 'off') {
      return fill(items, { kind: 'dropped', reason: 'flag_off' });
    }
    const userAgent = anonymousUserAgent(this.#driverVersion(route));
    const delivered = await this.#deliver(
      errors,
      ({ span }) => encodeAnonymousError(span, userAgent),
      {
        route,
        client,
        target,
        headers: { ...CONTENT_HEADERS, 'User-Agent': userAgent },
        path: UNAUTHENTICATED_PATH,
      },
    );
    return items.map(({ kind }) => {
      const outcome = kind === 'error' ? delivered.shift() : undefined;
      return outcome === undefined || outcome.kind === 'unauthorized' ? others : outcome;
    });
  }

  async #deliver(
    items: readonly Item[],
    encodeItem: (item: Item) => string,
    channel: Channel,
  ): Promise<Outcome[]> {
    const { client, target, headers, path } = channel;
    const outcomes: Outcome[] = fill(items, { kind: 'dropped', reason: 'untranslatable' });
    const logs: string[] = [];
    const positions: number[] = [];
    for (const [position, item] of items.entries()) {
      const log = attempt(() => encodeItem(item));
      if (log !== undefined) {
        logs.push(log);
        positions.push(position);
      }
    }
    if (logs.length === 0) {
      return outcomes;
    }
    const permit = client.breaker.tryAcquire();
    if (!permit) {
      const { retryAfterMs } = client.breaker;
      return fill(items, { kind: 'undelivered', reason: 'breaker_open', retryAfterMs });
    }
    const result = await deliverBatch(
      logs,
      (part) => {
        const body = encodeBody(part, Date.now());
        const { onPayload } = this.options;
        if (onPayload) {
          attempt(() => onPayload(payload(channel.route, path, body)));
        }
        return this.#send(target, { method: 'POST', path, headers, body });
      },
      this.options.retry,
      this.signal,
    );
    settlePermit(permit, result.verdict, client);
    for (const [index, position] of positions.entries()) {
      outcomes[position] = result.outcomes[index] ?? outcomes[position]!;
    }
    return outcomes;
  }

  async #fetchFlag(
    route: Route,
    client: HostClient,
    target: TransportTarget,
    headers: Readonly<Record<string, string>>,
  ): Promise<Verdict> {
    const permit = client.breaker.tryAcquire();
    if (!permit) {
      const { retryAfterMs } = client.breaker;
      return { kind: 'unavailable', error: 'breaker_open', retryAfterMs };
    }
    const path = featureFlagPath(this.#driverVersion(route) ?? FALLBACK_DRIVER_VERSION);
    const verdict = await this.#send(target, { method: 'GET', path, headers });
    settlePermit(permit, verdict, client);
    return verdict;
  }

  async #send(target: TransportTarget, request: TransportRequest): Promise<Verdict> {
    return judge(
      await send(target, request, this.options.requestTimeoutMs, this.signal),
      Date.now(),
    );
  }

  #credentials(route: Route): Promise<Credentials> {
    return fetchCredentials(route.headers, this.options.credentialsTimeoutMs, this.signal);
  }

  /** `undefined` when the connection's own way, a proxy for one, cannot be had. */
  async #target(route: Route): Promise<TransportTarget | undefined> {
    const { hostname, port } = route.host;
    if (!route.agent) {
      return route.needsAgent ? undefined : { hostname, port, agent: undefined };
    }
    const agent = await withDeadline(route.agent, this.options.credentialsTimeoutMs, this.signal);
    return agent.kind === 'value' ? { hostname, port, agent: agent.value } : undefined;
  }

  #headers(
    route: Route,
    credentials: Readonly<Record<string, string>>,
  ): Readonly<Record<string, string>> {
    const { customHeaders } = this.options;
    const orgId: Record<string, string> =
      route.orgId === undefined || hasHeader(customHeaders, ORG_ID_HEADER)
        ? {}
        : { [ORG_ID_HEADER]: route.orgId };
    return mergeHeaders(
      { ...CONTENT_HEADERS, 'User-Agent': this.#userAgent(route) },
      orgId,
      customHeaders,
      credentials,
    );
  }

  #prepare(route: Route): PreparedConnection {
    let prepared = this.#prepared.get(route.facts);
    if (!prepared) {
      const facts = connectionFacts(route.facts, route.host);
      prepared = prepareConnection(facts, this.#userAgent(route));
      this.#prepared.set(route.facts, prepared);
    }
    return prepared;
  }

  #userAgent(route: Route): string {
    return authenticatedUserAgent(route.userAgent, this.#driverVersion(route));
  }

  #driverVersion(route: Route): string | undefined {
    return driverVersion(route.facts) ?? driverVersionOf(route.userAgent);
  }

  #rehearse(items: readonly Item[], route: Route, sink: (payload: Payload) => void): Outcome[] {
    const prepared = this.#prepare(route);
    const logs = items.map((item) => attempt(() => encode(item, prepared)));
    const body = encodeBody(
      logs.filter((log) => log !== undefined),
      Date.now(),
    );
    attempt(() => sink(payload(route, AUTHENTICATED_PATH, body)));
    return logs.map((log) =>
      log === undefined ? { kind: 'dropped', reason: 'untranslatable' } : { kind: 'delivered' },
    );
  }
}

interface Channel {
  readonly route: Route;
  readonly client: HostClient;
  readonly target: TransportTarget;
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
}

const ORG_ID_HEADER = 'x-databricks-org-id';
const CONTENT_HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json' };

/** Refused credentials and our own giving up say nothing of the host's health. */
function settlePermit(
  permit: { success(): void; failure(retryAfterMs?: number): void; cancel(): void },
  verdict: Verdict,
  client: HostClient,
): void {
  if (verdict.kind !== 'ok') {
    client.lastError = verdict.error;
  }
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

function encode({ span, kind, completion, staging }: Item, prepared: PreparedConnection): string {
  return kind === 'error'
    ? encodeError(span, prepared)
    : encodeOperation(span, prepared, completion, staging);
}

function payload(route: Route, path: string, body: readonly Buffer[]): Payload {
  return { host: route.host.key, path, body: Buffer.concat(body).toString() };
}

function fill(items: readonly Item[], outcome: Outcome): Outcome[] {
  return items.map(() => outcome);
}

/** What users and attributes bring in may throw. */
function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}

function hasHeader(headers: Readonly<Record<string, string>>, name: string): boolean {
  return Object.keys(headers).some((own) => own.toLowerCase() === name);
}

/** Those that describe the body or the connection are not the caller's to set. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'content-encoding',
  'transfer-encoding',
]);

/** Later ones win, whatever the case of their names. */
function mergeHeaders(...all: Readonly<Record<string, string>>[]): Record<string, string> {
  const merged = new Map<string, [string, string]>();
  for (const headers of all) {
    for (const [name, value] of Object.entries(headers)) {
      if (typeof value === 'string' && !OWN_HEADERS.has(name.toLowerCase())) {
        merged.set(name.toLowerCase(), [name, value]);
      }
    }
  }
  return Object.fromEntries(merged.values());
}
