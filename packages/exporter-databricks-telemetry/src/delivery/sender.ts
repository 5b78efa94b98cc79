import { clock } from '../clock';
import type { ResolvedExporterOptions } from '../config';
import { encodeAnonymousError } from '../frontend-log/translate';
import { anonymousUserAgent } from '../frontend-log/user-agent';
import { encodeBody } from '../frontend-log/request-body';
import { OncePerCondition, guarded, logDebug } from '../diagnostics';
import type { Fate } from '../record';
import type { BatchInFlight, RecordInFlight } from './batch-in-flight';
import { featureFlagPath } from './feature-flags';
import type { FeatureFlags, FlagResolution } from './feature-flags';
import { Identities, askerOf } from './identity';
import type { Identity } from './identity';
import { RecordEncoder, driverVersionOfBatch } from './record-encoder';
import { CONTENT_HEADERS } from './request-headers';
import { sendShared } from './request-sharing';
import { ConnectionWarnings } from './warnings';
import { AUTHENTICATED_PATH, UNAUTHENTICATED_PATH } from './workspace-client';
import type { RequestHead } from './workspace-client';
import type { WorkspaceClients } from './workspace-clients';

/** Newest release whose flag is known to be served, for connections without a known version. */
const FALLBACK_DRIVER_VERSION = '2.1.0';

export type SenderOptions = Pick<
  ResolvedExporterOptions,
  'credentialsTimeoutMs' | 'customHeaders' | 'unauthenticatedFallback'
>;

const UNTRANSLATABLE: Fate = { kind: 'dropped', reason: 'untranslatable' };

/** The credentials were refused: asking for fresh ones may help. */
const MOMENTARY_REFUSAL = '401';

/**
 * Sends batches: asks for credentials, shares requests between equal identities, asks for the feature flag, posts, and
 * settles the fate of every record.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #identities: Identities;
  readonly #flags: FeatureFlags;
  readonly #signal: AbortSignal;
  readonly #encoder = new RecordEncoder();
  readonly #warnings = new ConnectionWarnings();
  readonly #goneWarning = new OncePerCondition();
  #isEnding = false;

  constructor(
    options: SenderOptions,
    clients: WorkspaceClients,
    flags: FeatureFlags,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#identities = new Identities(clients, options, signal);
    this.#flags = flags;
    this.#signal = signal;
  }

  /** Never rejects. */
  async send(batches: readonly BatchInFlight[]): Promise<void> {
    await this.#send(batches, false);
  }

  /** From now on no provider is asked for fresh credentials: what it opened could outlive the shutdown. */
  shutdownBegins(): void {
    this.#isEnding = true;
  }

  /** Forgets a connection that was closed. */
  release(connectionId: string): void {
    this.#warnings.rearm(connectionId);
    this.#identities.forget(connectionId);
  }

  /** @param isRefused whether the workspace has refused the credentials of a first try */
  #send(batches: readonly BatchInFlight[], isRefused: boolean): Promise<void> {
    return sendShared(
      batches,
      (batch) => this.#identify(batch, isRefused),
      async (identity, shared) => {
        try {
          await this.#sendAs(identity, shared, isRefused);
        } catch (error) {
          // A defect: the records must not come back forever.
          logDebug('a batch failed', error);
          settle(shared, UNTRANSLATABLE);
        }
      },
    );
  }

  async #identify(batch: BatchInFlight, isRefused: boolean): Promise<Identity | undefined> {
    try {
      const identity = await this.#identities.of(batch, isRefused && !this.#isEnding);
      if ('key' in identity) return identity;
      this.#settleUnidentified(batch, identity);
    } catch (error) {
      logDebug('a batch failed', error);
      batch.settleAll(UNTRANSLATABLE);
    }
    return undefined;
  }

  #settleUnidentified(
    batch: BatchInFlight,
    reason: Fate | { readonly invalidHeader: string },
  ): void {
    const { host, isGone } = batch.destination;
    if ('invalidHeader' in reason) {
      this.#warnings.warn(
        [batch.destination.id],
        'invalid_header',
        `HTTP does not allow the header ${reason.invalidHeader} of a connection to ${host.key}, its telemetry is dropped: correct customHeaders or the credentials provider`,
      );
      batch.settleAll({ kind: 'dropped', reason: 'invalid_headers' });
      return;
    }
    if (isGone) this.#goneWarning.warn(noCredentials(host.key));
    batch.settleAll(reason);
  }

  async #sendAs(
    identity: Identity,
    batches: readonly BatchInFlight[],
    isRefused: boolean,
  ): Promise<void> {
    const { headers, workspace } = identity;
    if (typeof headers !== 'object') {
      await this.#sendWithoutCredentials(identity, headers, batches);
      return;
    }
    const flag = await this.#resolveFlag(identity, headers, batches);
    if (flag.state === 'off') {
      settle(batches, { kind: 'dropped', reason: 'flag_off' });
      return;
    }
    if (flag.state === 'unknown' && flag.failure?.kind !== 'credentials') {
      settle(batches, unknownFlagFate(flag));
      return;
    }
    const refusal =
      flag.state === 'unknown'
        ? flag.failure?.error
        : await this.#postAuthenticated(identity, headers, batches);
    if (refusal === undefined) return;

    const refused = batches.filter((batch) => batch.pending().length > 0);
    const refreshable = refused.filter(({ destination }) => destination.canRefresh);
    if (!isRefused && refusal === MOMENTARY_REFUSAL && refreshable.length > 0) {
      await this.#send(refreshable, true);
    }
    await this.#giveUpRefused(
      identity,
      refused.filter((batch) => batch.pending().length > 0),
      workspace.host.key,
    );
  }

  #resolveFlag(
    identity: Identity,
    headers: Readonly<Record<string, string>>,
    batches: readonly BatchInFlight[],
  ): Promise<FlagResolution> {
    const { client, agent, workspace } = identity;
    const version = batches[0] && driverVersionOfBatch(batches[0]);
    const path = featureFlagPath(version ?? FALLBACK_DRIVER_VERSION);
    return this.#flags.resolve(workspace, askerOf(identity), () =>
      client.get({ path, headers }, agent, this.#signal),
    );
  }

  /** Posts the records of `batches`. Gives the error when the credentials were refused; those records stay pending. */
  async #postAuthenticated(
    identity: Identity,
    headers: Readonly<Record<string, string>>,
    batches: readonly BatchInFlight[],
  ): Promise<string | undefined> {
    const records = batches.flatMap((batch) => batch.pending());
    const refusal = await this.#post(
      identity,
      records,
      { path: AUTHENTICATED_PATH, headers },
      (record) => this.#encoder.encode(record),
    );
    for (const batch of batches) {
      if (batch.hasDelivered) this.#warnings.rearm(batch.destination.id);
    }
    return refusal;
  }

  async #giveUpRefused(
    identity: Identity,
    batches: readonly BatchInFlight[],
    hostKey: string,
  ): Promise<void> {
    if (batches.length === 0) return;
    this.#warnings.warn(
      batches.map(({ destination }) => destination.id),
      'refused',
      `${hostKey} refused the credentials of a connection, its telemetry is dropped: check the token and its scope`,
    );
    await this.#reportAnonymously(identity, batches);
    settle(batches, { kind: 'dropped', reason: 'refused' });
  }

  async #sendWithoutCredentials(
    identity: Identity,
    reason: 'missing' | 'failed',
    batches: readonly BatchInFlight[],
  ): Promise<void> {
    this.#warnings.warn(
      batches
        .filter(({ destination }) => destination.headers)
        .map(({ destination }) => destination.id),
      'missing',
      noCredentials(identity.client.hostKey),
    );
    await this.#reportAnonymously(identity, batches);
    settle(
      batches,
      reason === 'missing'
        ? { kind: 'dropped', reason: 'no_credentials' }
        : { kind: 'undelivered', reason: 'credentials_unavailable' },
    );
  }

  /**
   * Posts errors reduced and without authentication, when the workspace is known to accept telemetry. Settles only what
   * was accepted or has to wait.
   */
  async #reportAnonymously(identity: Identity, batches: readonly BatchInFlight[]): Promise<void> {
    if (!this.#options.unauthenticatedFallback) return;
    const records = batches
      .flatMap((batch) => batch.pending())
      .filter(({ record: { join } }) => join.kind === 'error' || join.failure !== undefined);
    if (records.length === 0) return;
    if ((await this.#flags.settled(identity.workspace)) !== 'on') return;
    const version = batches[0] && driverVersionOfBatch(batches[0]);
    const userAgent = anonymousUserAgent(version);
    const head = {
      path: UNAUTHENTICATED_PATH,
      headers: { ...CONTENT_HEADERS, 'User-Agent': userAgent },
    };
    await this.#post(identity, records, head, ({ record: { span, join } }) =>
      guarded('translation', () => encodeAnonymousError(span, userAgent, join.failure)),
    );
  }

  /** Encodes and posts records. Gives the error when the credentials were refused; those records stay pending. */
  async #post(
    { client, agent }: Identity,
    records: readonly RecordInFlight[],
    head: RequestHead,
    encode: (record: RecordInFlight) => string | undefined,
  ): Promise<string | undefined> {
    const logs: string[] = [];
    const encoded: RecordInFlight[] = [];
    for (const record of records) {
      const log = encode(record);
      if (log === undefined) {
        record.settle(UNTRANSLATABLE);
        continue;
      }
      logs.push(log);
      encoded.push(record);
    }
    if (logs.length === 0) return undefined;
    const fates = await client.post(
      head,
      logs,
      (part) => encodeBody(part, clock.epochMs()),
      agent,
      this.#signal,
    );
    let refusal: string | undefined;
    for (let index = 0; index < encoded.length; index += 1) {
      const fate = fates[index] ?? UNTRANSLATABLE;
      if (fate.kind === 'unauthorized') refusal = fate.error;
      else encoded[index]?.settle(fate);
    }
    return refusal;
  }
}

function settle(batches: readonly BatchInFlight[], fate: Fate): void {
  for (const batch of batches) batch.settleAll(fate);
}

function unknownFlagFate({ failure }: FlagResolution): Fate {
  return {
    kind: 'undelivered',
    reason: failure?.kind === 'aborted' ? 'shutdown' : 'flag_unknown',
    retryAfterMs: failure && 'retryAfterMs' in failure ? failure.retryAfterMs : undefined,
  };
}

function noCredentials(hostKey: string): string {
  return `a connection to ${hostKey} has no credentials, its telemetry is not sent: pass the instrumentation's access, and close clients last`;
}
