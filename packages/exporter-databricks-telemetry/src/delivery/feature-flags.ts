import { OncePerCondition } from '../diagnostics';
import type { Verdict } from './response';

const FLAG_NAME = 'databricks.partnerplatform.clientConfigsFeatureFlags.enableTelemetryForNodeJs';
const DEFAULT_TTL_MS = 15 * 60_000;
const MIN_TTL_MS = 60_000;
const MAX_TTL_MS = 60 * 60_000;
/** Beyond it, hosts nobody refers to any more are forgotten before their time. */
const MAX_HOSTS = 128;

/** Whether a host wants telemetry. */
export type FlagState = 'on' | 'off' | 'unknown';

/** Asks the service; the flag stays what it was unless the verdict is `ok`. */
export type FlagFetch = () => Promise<Verdict>;

/** The flag after {@link FeatureFlags.resolve}, with the verdict of the fetch that failed to tell it. */
export interface FlagResolution {
  readonly state: FlagState;
  readonly failure?: Exclude<Verdict, { kind: 'ok' }>;
}

interface Entry {
  state: FlagState;
  /** The service told the state; else it is assumed. */
  isTold: boolean;
  expiresAtMs: number;
  inFlight: Promise<Verdict> | undefined;
  readonly connections: Set<string>;
  readonly refusal: OncePerCondition;
}

export function featureFlagPath(driverVersion: string): string {
  // The service knows releases only; with the suffix it answers 404.
  return `/api/2.0/connector-service/feature-flags/NODEJS/${encodeURIComponent(driverVersion.replace(/-oss$/, ''))}`;
}

/**
 * The flag of each host that turns telemetry on. One fetch at a time and host; the last known value stands when a fetch
 * fails. A host that never told one, and whose answer is that it never will, is taken for one that wants no telemetry until
 * its time is over. Reference-counted by connection: what nobody refers to is forgotten when its time is over, not earlier, so that
 * an application with a client per request does not ask at each.
 */
export class FeatureFlags {
  readonly #entries = new Map<string, Entry>();

  constructor(private readonly now: () => number) {}

  retain(hostKey: string, connectionId: string): void {
    this.#entry(hostKey).connections.add(connectionId);
  }

  release(hostKey: string, connectionId: string): void {
    this.#entries.get(hostKey)?.connections.delete(connectionId);
    this.#forgetExpired();
  }

  /** Last known value, for `stats()`. */
  peek(hostKey: string): FlagState {
    return this.#entries.get(hostKey)?.state ?? 'unknown';
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The flag of a host, fetched when unknown. An outdated one is fetched, and stands if that fails. */
  async resolve(hostKey: string, fetch: FlagFetch): Promise<FlagResolution> {
    const entry = this.#entry(hostKey);
    if (entry.state !== 'unknown' && this.now() < entry.expiresAtMs) return { state: entry.state };
    const isOwn = entry.inFlight === undefined;
    let verdict = await (entry.inFlight ?? this.#start(hostKey, entry, fetch));
    // The credentials of another connection were refused: that says nothing of ours.
    if (!isOwn && verdict.kind === 'credentials' && entry.state === 'unknown') {
      verdict = await (entry.inFlight ?? this.#start(hostKey, entry, fetch));
    }
    return verdict.kind === 'ok'
      ? { state: entry.state }
      : { state: entry.state, failure: verdict };
  }

  #start(hostKey: string, entry: Entry, fetch: FlagFetch): Promise<Verdict> {
    const inFlight = fetch()
      .then((verdict) => {
        this.#learn(hostKey, entry, verdict);
        return verdict;
      })
      .finally(() => {
        entry.inFlight = undefined;
      });
    entry.inFlight = inFlight;
    return inFlight;
  }

  #learn(hostKey: string, entry: Entry, verdict: Verdict): void {
    if (verdict.kind === 'ok') {
      const { isEnabled, ttlMs } = readFlag(verdict.body);
      entry.state = isEnabled ? 'on' : 'off';
      entry.isTold = true;
      entry.expiresAtMs = this.now() + ttlMs;
    } else if (entry.isTold) {
      entry.expiresAtMs = this.now() + MIN_TTL_MS;
    } else if (verdict.kind === 'terminal' && verdict.isAnswer) {
      entry.state = 'off';
      entry.expiresAtMs = this.now() + DEFAULT_TTL_MS;
      entry.refusal.warn(
        `${hostKey} has no feature flag for telemetry (${verdict.error}), which counts as off: check the host`,
      );
    } else {
      entry.state = 'unknown';
    }
  }

  #entry(hostKey: string): Entry {
    let entry = this.#entries.get(hostKey);
    if (!entry) {
      this.#forgetExpired();
      entry = {
        state: 'unknown',
        isTold: false,
        expiresAtMs: 0,
        inFlight: undefined,
        connections: new Set(),
        refusal: new OncePerCondition(),
      };
      this.#entries.set(hostKey, entry);
    }
    return entry;
  }

  #forgetExpired(): void {
    for (const [hostKey, { connections, inFlight, expiresAtMs }] of this.#entries) {
      const isIdle = connections.size === 0 && inFlight === undefined;
      if (isIdle && (this.now() >= expiresAtMs || this.#entries.size > MAX_HOSTS)) {
        this.#entries.delete(hostKey);
      }
    }
  }
}

/** Reads the answer of the flag service. A flag that it does not name is off. */
export function readFlag(body: Readonly<Record<string, unknown>>): {
  isEnabled: boolean;
  ttlMs: number;
} {
  const flags = Array.isArray(body['flags']) ? (body['flags'] as unknown[]) : [];
  const isEnabled = flags.some(
    (flag) =>
      typeof flag === 'object' &&
      flag !== null &&
      'name' in flag &&
      flag.name === FLAG_NAME &&
      'value' in flag &&
      isTrue(flag.value),
  );
  const ttl = body['ttl_seconds'] ?? body['ttlSeconds'];
  const ttlSeconds = typeof ttl === 'string' || typeof ttl === 'number' ? Number(ttl) : 0;
  const ttlMs =
    ttlSeconds > 0
      ? Math.min(Math.max(ttlSeconds * 1_000, MIN_TTL_MS), MAX_TTL_MS)
      : DEFAULT_TTL_MS;
  return { isEnabled, ttlMs };
}

function isTrue(value: unknown): boolean {
  return value === true || (typeof value === 'string' && value.toLowerCase() === 'true');
}
