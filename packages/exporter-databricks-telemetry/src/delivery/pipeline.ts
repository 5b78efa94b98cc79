import type { Attributes } from '@opentelemetry/api';
import { connectionFacts, driverVersion } from '../frontend-log/connection-facts';
import {
  type PreparedConnection,
  encodeAnonymousError,
  encodeError,
  encodeOperation,
  prepareConnection,
} from '../frontend-log/translate';
import {
  anonymousUserAgent,
  authenticatedUserAgent,
  driverVersionOf,
} from '../frontend-log/user-agent';
import { encodeBody } from '../frontend-log/request-body';
import { OncePerCondition, guarded } from '../diagnostics';
import type { ReadableSpan } from '../otel';
import type { Payload, PayloadListener, ResolvedExporterOptions } from '../config';
import type { Outcome } from './batch';
import { AUTHENTICATED_PATH, Channel, type Endpoint, UNAUTHENTICATED_PATH } from './channel';
import { type Credentials, fetchCredentials, withDeadline } from './credentials';
import { type FeatureFlags, featureFlagPath } from './feature-flags';
import type { HostClient } from './host-client';
import { CONTENT_HEADERS, authenticatedHeaders } from './request-headers';
import type { Verdict } from './response';
import type { Route } from './route';
import type { TransportTarget } from './transport';

/** Newest release whose flags are known to be served, for connections that do not tell theirs. */
const FALLBACK_DRIVER_VERSION = '2.1.0';

/** One log to be: a span and what is to be said of it. */
export interface Item {
  readonly span: ReadableSpan;
  readonly kind: 'operation' | 'error';
  readonly completion: Attributes | undefined;
  readonly staging?: Attributes | undefined;
}

export type PipelineOptions = Pick<
  ResolvedExporterOptions,
  | 'requestTimeoutMs'
  | 'credentialsTimeoutMs'
  | 'retry'
  | 'unauthenticatedFallback'
  | 'customHeaders'
  | 'onPayload'
>;

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
    /** Is given each payload in the place of the workspace. */
    private readonly dryRun: PayloadListener | undefined,
    private readonly signal: AbortSignal,
  ) {}

  async export(items: readonly Item[], route: Route, client: HostClient): Promise<Outcome[]> {
    if (this.dryRun) return this.#rehearse(items, route, this.dryRun);
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
    if (this.signal.aborted) return fill(items, { kind: 'undelivered', reason: 'shutdown' });
    if (!target || credentials.kind === 'timeout') {
      return fill(items, { kind: 'undelivered', reason: 'credentials_unavailable' });
    }
    const channel = new Channel(client, target, this.options, this.signal);
    if (credentials.kind !== 'present') {
      return this.#withoutCredentials(items, route, channel, credentials);
    }
    return this.#authenticated(items, route, channel, credentials.headers);
  }

  async #authenticated(
    items: readonly Item[],
    route: Route,
    channel: Channel,
    credentials: Readonly<Record<string, string>>,
  ): Promise<Outcome[]> {
    const headers = authenticatedHeaders(
      { userAgent: this.#userAgent(route), orgId: route.orgId },
      this.options.customHeaders,
      credentials,
    );
    const { state, failure } = await this.flags.resolve(route.host.key, () =>
      this.#fetchFlag(route, channel, headers),
    );
    if (state === 'off') return fill(items, { kind: 'dropped', reason: 'flag_off' });
    if (state === 'unknown') {
      return failure?.kind === 'credentials'
        ? this.#refused(items, route, channel)
        : fill(items, {
            kind: 'undelivered',
            reason: failure?.kind === 'aborted' ? 'shutdown' : 'flag_unknown',
            retryAfterMs: failure && 'retryAfterMs' in failure ? failure.retryAfterMs : undefined,
          });
    }
    const prepared = this.#prepare(route);
    const outcomes = await this.#deliver(items, (item) => encode(item, prepared), channel, {
      path: AUTHENTICATED_PATH,
      headers,
    });
    if (outcomes.some(({ kind }) => kind === 'delivered')) {
      channel.client.rearmWarning(route.connectionId);
    }
    const refused = items.filter((_, index) => outcomes[index]?.kind === 'unauthorized');
    if (refused.length === 0) return outcomes;
    const fallbacks = await this.#refused(refused, route, channel);
    return outcomes.map((outcome) =>
      outcome.kind === 'unauthorized' ? (fallbacks.shift() ?? outcome) : outcome,
    );
  }

  #refused(items: readonly Item[], route: Route, channel: Channel): Promise<Outcome[]> {
    channel.client
      .warning(route.connectionId)
      .warn(
        `${route.host.key} refused the credentials of a connection, its telemetry is dropped: check the token and its scope`,
      );
    return this.#unauthenticated(items, { kind: 'dropped', reason: 'refused' }, route, channel);
  }

  #withoutCredentials(
    items: readonly Item[],
    route: Route,
    channel: Channel,
    credentials: Credentials,
  ): Promise<Outcome[]> {
    const warning = route.isGone ? this.#goneWarning : channel.client.warning(route.connectionId);
    warning.warn(
      `a connection to ${route.host.key} has no credentials, its telemetry is not sent: pass the instrumentation's access, and close clients last`,
    );
    const others: Outcome =
      credentials.kind === 'missing'
        ? { kind: 'dropped', reason: 'no_credentials' }
        : { kind: 'undelivered', reason: 'credentials_unavailable' };
    return this.#unauthenticated(items, others, route, channel);
  }

  /** Errors travel reduced and without authentication; what else there is gets `others`. */
  async #unauthenticated(
    items: readonly Item[],
    others: Outcome,
    route: Route,
    channel: Channel,
  ): Promise<Outcome[]> {
    const canFallBack = this.options.unauthenticatedFallback;
    const errors = canFallBack ? items.filter(({ kind }) => kind === 'error') : [];
    if (errors.length === 0) return fill(items, others);
    if (this.flags.peek(route.host.key) === 'off') {
      return fill(items, { kind: 'dropped', reason: 'flag_off' });
    }
    const userAgent = anonymousUserAgent(this.#driverVersion(route));
    const delivered = await this.#deliver(
      errors,
      ({ span }) => encodeAnonymousError(span, userAgent),
      channel,
      {
        path: UNAUTHENTICATED_PATH,
        headers: { ...CONTENT_HEADERS, 'User-Agent': userAgent },
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
    endpoint: Endpoint,
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = fill(items, { kind: 'dropped', reason: 'untranslatable' });
    const logs: string[] = [];
    const positions: number[] = [];
    for (const [position, item] of items.entries()) {
      const log = guarded('translation', () => encodeItem(item));
      if (log !== undefined) {
        logs.push(log);
        positions.push(position);
      }
    }
    if (logs.length === 0) return outcomes;
    const delivered = await channel.post(endpoint, logs, (part) => encodeBody(part, Date.now()));
    for (const [index, position] of positions.entries()) {
      outcomes[position] = delivered[index] ?? outcomes[position]!;
    }
    return outcomes;
  }

  #fetchFlag(
    route: Route,
    channel: Channel,
    headers: Readonly<Record<string, string>>,
  ): Promise<Verdict> {
    const path = featureFlagPath(this.#driverVersion(route) ?? FALLBACK_DRIVER_VERSION);
    return channel.get({ path, headers });
  }

  #credentials(route: Route): Promise<Credentials> {
    return fetchCredentials(route.headers, this.options.credentialsTimeoutMs, this.signal);
  }

  /** `undefined` when the connection's own way, a proxy for one, cannot be had. */
  async #target(route: Route): Promise<TransportTarget | undefined> {
    const { hostname, port } = route.host;
    if (!route.agent) return route.needsAgent ? undefined : { hostname, port, agent: undefined };
    const agent = await withDeadline(route.agent, this.options.credentialsTimeoutMs, this.signal);
    return agent.kind === 'value' ? { hostname, port, agent: agent.value } : undefined;
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
    const logs = items.map((item) => guarded('translation', () => encode(item, prepared)));
    const encoded = logs.filter((log) => log !== undefined);
    if (encoded.length > 0) {
      const body = Buffer.concat(encodeBody(encoded, Date.now())).toString();
      guarded('dryRun', () => sink({ host: route.host.key, path: AUTHENTICATED_PATH, body }));
    }
    return logs.map((log) =>
      log === undefined ? { kind: 'dropped', reason: 'untranslatable' } : { kind: 'delivered' },
    );
  }
}

function encode({ span, kind, completion, staging }: Item, prepared: PreparedConnection): string {
  return kind === 'error'
    ? encodeError(span, prepared)
    : encodeOperation(span, prepared, completion, staging);
}

function fill(items: readonly Item[], outcome: Outcome): Outcome[] {
  return items.map(() => outcome);
}
