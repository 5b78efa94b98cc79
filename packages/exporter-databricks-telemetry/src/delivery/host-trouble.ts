import { clock } from '../clock';
import { logInfo, logWarning } from '../diagnostics';

/** What happens on one way to a host. `error` is the word for the last failure: a status or an error code. */
export type WayEvent =
  /** A request failed in a way that may pass. `records`: what it carried, 0 for the feature flag. */
  | { readonly kind: 'failed'; readonly records: number; readonly error: string }
  | {
      readonly kind: 'breaker_opened';
      /** Failed batches in a row. */
      readonly failures: number;
      /** Milliseconds until the next try. */
      readonly waitMs: number;
      readonly error: string;
    }
  /** The service refused records for good. */
  | { readonly kind: 'rejected'; readonly records: number; readonly error: string }
  | { readonly kind: 'succeeded' };

/** A host that fails again and again is warned of this often at most. */
const MIN_INTERVAL_MS = 15 * 60_000;

/** Warns of the trouble of one host: once for failed requests and once for an open breaker, until the host works again. */
export class HostTrouble {
  readonly #hostKey: string;
  readonly #warnedMs = new Map<WayEvent['kind'], number>();
  readonly #current = new Set<WayEvent['kind']>();

  constructor(hostKey: string) {
    this.#hostKey = hostKey;
  }

  happened(event: WayEvent): void {
    if (event.kind === 'succeeded') this.#recovered();
    else if (this.#mayWarn(event.kind)) logWarning(this.#lineOf(event));
  }

  #mayWarn(kind: WayEvent['kind']): boolean {
    if (this.#current.has(kind)) return false;
    const nowMs = clock.monotonicMs();
    if (nowMs - (this.#warnedMs.get(kind) ?? -Infinity) < MIN_INTERVAL_MS) return false;
    this.#current.add(kind);
    this.#warnedMs.set(kind, nowMs);
    return true;
  }

  #recovered(): void {
    if (this.#current.size === 0) return;
    this.#current.clear();
    logInfo(`${this.#hostKey} accepts telemetry again`);
  }

  #lineOf(event: Exclude<WayEvent, { kind: 'succeeded' }>): string {
    if (event.kind === 'breaker_opened') {
      return (
        `the circuit breaker of ${this.#hostKey} is open after ${event.failures} failed batches (last error: ${event.error}). ` +
        `Records wait ${Math.ceil(event.waitMs / 1_000)} s in the queue, and the oldest are dropped when it is full: ` +
        'check the network and the status of the workspace'
      );
    }
    if (event.records === 0) {
      return (
        `${this.#hostKey} did not answer the request for its feature flag (last error: ${event.error}). ` +
        'Records wait in the queue: check the network and the status of the workspace'
      );
    }
    const records = `${event.records} telemetry record${event.records === 1 ? '' : 's'}`;
    return event.kind === 'rejected'
      ? `${this.#hostKey} refused ${records} (last error: ${event.error}), which are dropped: check the host, a proxy and the certificate authority`
      : `${this.#hostKey} did not accept ${records} (last error: ${event.error}). They are retried, and wait in the queue meanwhile: ` +
          'if this lasts, check the network and the status of the workspace';
  }
}
