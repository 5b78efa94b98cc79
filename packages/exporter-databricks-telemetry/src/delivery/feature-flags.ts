import { clock } from '../clock';
import { logInfo, OncePerCondition } from '../diagnostics';
import type { Host } from './host';
import type { Verdict } from './response';

const FLAG_NAME = 'databricks.partnerplatform.clientConfigsFeatureFlags.enableTelemetryForNodeJs';
const DEFAULT_TTL_MS = 15 * 60_000;
const MIN_TTL_MS = 60_000;
const MAX_TTL_MS = 60 * 60_000;
const MAX_WORKSPACES = 256;
const MAX_REFUSALS = 1_000;

/** Whether a workspace accepts telemetry. */
export type FlagState = 'on' | 'off' | 'unknown';

/** A workspace: some hosts serve several, which the org id tells apart. */
export interface Workspace {
  readonly host: Host;
  readonly orgId: string | undefined;
}

/** Who asks: `way` is the key of the workspace client, `identity` also covers the credentials. */
export interface Asker {
  readonly way: string;
  readonly identity: string;
}

/** Requests the flag. */
export type FlagFetch = () => Promise<Verdict>;

export interface FlagResolution {
  readonly state: FlagState;
  /** Why the flag could not be fetched. */
  readonly failure?: Exclude<Verdict, { kind: 'ok' }>;
}

export function featureFlagPath(driverVersion: string): string {
  // The service knows releases only; with the suffix it answers 404.
  return `/api/2.0/connector-service/feature-flags/NODEJS/${encodeURIComponent(driverVersion.replace(/-oss$/, ''))}`;
}

/** What is known of one workspace's flag. */
class Flag {
  readonly #refusal = new OncePerCondition();
  readonly #isOff = new OncePerCondition();
  readonly #isOn = new OncePerCondition();
  readonly #hostKey: string;
  /** Askers to whom the service has answered that it has no flag, and until when that counts as off. */
  readonly #refusedUntilMs = new Map<string, number>();
  readonly inFlight = new Map<string, Promise<Verdict>>();
  #reported: FlagState = 'unknown';
  #freshUntilMs = 0;

  constructor(hostKey: string) {
    this.#hostKey = hostKey;
  }

  get hostKey(): string {
    return this.#hostKey;
  }

  /** The last value that the service reported, else whether it has refused to report one. */
  get lastKnown(): FlagState {
    if (this.#reported !== 'unknown') return this.#reported;
    const nowMs = clock.monotonicMs();
    return [...this.#refusedUntilMs.values()].some((untilMs) => nowMs < untilMs)
      ? 'off'
      : 'unknown';
  }

  /** A value that need not be fetched. */
  fresh(identity: string): FlagState {
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#freshUntilMs) return this.#reported;
    const isRefused =
      this.#reported === 'unknown' && nowMs < (this.#refusedUntilMs.get(identity) ?? 0);
    return isRefused ? 'off' : 'unknown';
  }

  /** The value after a fetch: the last reported one stands when the fetch failed. */
  learn(verdict: Verdict, identity: string): void {
    const nowMs = clock.monotonicMs();
    if (verdict.kind === 'ok') {
      const { isEnabled, ttlMs } = readFlag(verdict.body);
      this.#reported = isEnabled ? 'on' : 'off';
      this.#logValue(isEnabled);
      this.#freshUntilMs = nowMs + ttlMs;
    } else if (this.#reported !== 'unknown') {
      this.#freshUntilMs = Math.max(this.#freshUntilMs, nowMs + MIN_TTL_MS);
    } else if (verdict.kind === 'terminal') {
      const effect = verdict.isAnswer ? 'which counts as off' : 'so nothing is sent';
      this.#refusal.warn(
        `${this.#hostKey} has no feature flag for telemetry (${verdict.error}), ${effect}: check the host`,
      );
      if (verdict.isAnswer) this.#refuse(identity, nowMs + DEFAULT_TTL_MS);
    }
  }

  #logValue(isEnabled: boolean): void {
    if (isEnabled) {
      this.#isOff.rearm();
      this.#isOn.warn(`${this.#hostKey} has telemetry enabled: records are sent to it`, logInfo);
    } else {
      this.#isOn.rearm();
      this.#isOff.warn(
        `${this.#hostKey} has telemetry disabled (its feature flag is off), its records are dropped as flag_off: only Databricks can enable it`,
      );
    }
  }

  current(identity: string): FlagState {
    return this.#reported === 'unknown' ? this.fresh(identity) : this.#reported;
  }

  #refuse(identity: string, untilMs: number): void {
    if (this.#refusedUntilMs.size >= MAX_REFUSALS) this.#refusedUntilMs.clear();
    this.#refusedUntilMs.set(identity, untilMs);
  }
}

/**
 * The feature flag of each workspace. One fetch at a time and way; a fetch that fails leaves the last known value.
 *
 * An answer that the service has no flag counts as off for the connections that got it, until its time is over. What
 * another connection got, whose proxy or credentials differ, does not count.
 */
export class FeatureFlags {
  readonly #flags = new Map<string, Flag>();

  /** The last known value. */
  peek(workspace: Workspace): FlagState {
    return this.#flags.get(keyOf(workspace))?.lastKnown ?? 'unknown';
  }

  /** The last known value, after the fetches that are under way or begin in this turn. */
  async settled(workspace: Workspace): Promise<FlagState> {
    await Promise.resolve();
    const fetches = this.#flags.get(keyOf(workspace))?.inFlight;
    if (fetches) await Promise.allSettled(fetches.values());
    return this.peek(workspace);
  }

  /** For `stats()`: on when it is on for any workspace of the host. */
  ofHost(hostKey: string): FlagState {
    const flags = [...this.#flags.values()].filter((flag) => flag.hostKey === hostKey);
    const states = new Set(flags.map(({ lastKnown }) => lastKnown));
    if (states.has('on')) return 'on';
    return states.has('off') ? 'off' : 'unknown';
  }

  /** Gives the flag, and fetches it first when it is unknown or outdated. */
  async resolve(
    workspace: Workspace,
    { way, identity }: Asker,
    fetch: FlagFetch,
  ): Promise<FlagResolution> {
    const flag = this.#flag(workspace);
    const fresh = flag.fresh(identity);
    if (fresh !== 'unknown') return { state: fresh };
    const shared = flag.inFlight.get(way);
    let verdict = await (shared ?? start());
    // The answer to other credentials may not hold for these.
    if (shared && (verdict.kind === 'credentials' || verdict.kind === 'terminal')) {
      if (flag.current(identity) === 'unknown') verdict = await (flag.inFlight.get(way) ?? start());
    }
    const state = flag.current(identity);
    return verdict.kind === 'ok' ? { state } : { state, failure: verdict };

    function start(): Promise<Verdict> {
      const fetching = fetch()
        .then((answer) => {
          flag.learn(answer, identity);
          return answer;
        })
        .finally(() => flag.inFlight.delete(way));
      flag.inFlight.set(way, fetching);
      return fetching;
    }
  }

  #flag(workspace: Workspace): Flag {
    const key = keyOf(workspace);
    const known = this.#flags.get(key);
    if (known) {
      // The order of the map is the order of use.
      this.#flags.delete(key);
      this.#flags.set(key, known);
      return known;
    }
    for (const [oldest, { inFlight }] of this.#flags) {
      if (this.#flags.size < MAX_WORKSPACES) break;
      if (inFlight.size === 0) this.#flags.delete(oldest);
    }
    const flag = new Flag(workspace.host.key);
    this.#flags.set(key, flag);
    return flag;
  }
}

function keyOf({ host, orgId }: Workspace): string {
  return JSON.stringify([host.key, orgId]);
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
