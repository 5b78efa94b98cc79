import {
  type DatabricksTelemetryExporterOptions,
  type ResolvedExporterOptions,
  resolveExporterOptions,
  telemetryDisabled,
} from './config';
import { OncePerCondition, guarded, logDebug, logInfo } from './diagnostics';
import type { Outcome } from './delivery/batch';
import type { Delivery, HostStats } from './delivery/delivery';
import { ExporterAccounting } from './exporter-accounting';
import { ExporterHealth } from './exporter-health';
import type { ExportResult, ReadableSpan, SpanExporter } from './otel';
import { type DropReason, UndeliveredError } from './record';
import { MAX_CONNECTIONS, SpanGroups, bound } from './span-groups';
import { startLine } from './start-line';

/** The name by which health metrics know this component. */
const COMPONENT_TYPE = 'DatabricksTelemetryExporter';
/** What `forceFlush` waits at most; each request has its own, shorter deadline. */
const FORCE_FLUSH_TIMEOUT_MS = 30_000;

/** Is told that a client was closed; what it returns is awaited before the credentials are let go. */
export type ConnectionClosedListener = (connectionId: string) => Promise<void> | void;

/** `offered = delivered + pending + Σ dropped`. Spans handed back to the caller are offered again when they return. */
export interface ExporterStats {
  readonly offered: number;
  readonly delivered: number;
  readonly pending: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Spans that telemetry has no use for: those of other scopes, and single fetches and downloads. */
  readonly ignored: number;
  /** Spans handed back as undelivered, each time they were. */
  readonly returned: number;
  /** By host, with its port when that is not 443. */
  readonly hosts: Readonly<Record<string, HostStats>>;
}

/**
 * Translates spans of the Databricks SQL instrumentation into the driver's telemetry and posts it to the workspace each
 * span came from, with the credentials of its own connection.
 *
 * Made for `DatabricksTelemetrySpanProcessor`; behind a plain BatchSpanProcessor it works as well, with less joined and
 * without a second chance for what could not be delivered. Reports an {@link UndeliveredError}; never throws.
 */
export class DatabricksTelemetryExporter implements SpanExporter {
  readonly #options: ResolvedExporterOptions;
  readonly #accounting = new ExporterAccounting();
  readonly #groups = new SpanGroups();
  readonly #abort = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #closedConnections = new Set<string>();
  readonly #closedListeners = new Set<ConnectionClosedListener>();
  readonly #unsubscribe: () => void;
  readonly #health = new ExporterHealth(COMPONENT_TYPE, () => this.stats());
  readonly #startLine: string;
  readonly #isDisabled = telemetryDisabled();
  #delivery: Delivery | undefined;
  #shutdown: Promise<void> | undefined;

  constructor(options: DatabricksTelemetryExporterOptions = {}) {
    this.#options = resolveExporterOptions(options);
    // JavaScript may give anything; what is no options object leaves the defaults.
    this.#startLine = startLine(options ?? {});
    const { access, host } = this.#options;
    if (!access && host === undefined) {
      new OncePerCondition().warn('neither `access` nor `host` is set: no telemetry can be sent');
    }
    this.#unsubscribe =
      access?.onClosed((connectionId) => guarded('onClosed', () => this.#onClosed(connectionId))) ??
      (() => undefined);
  }

  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    const running = this.#run(spans, resultCallback).finally(() => this.#inFlight.delete(running));
    this.#inFlight.add(running);
  }

  /** Waits for the exports under way. */
  async forceFlush(): Promise<void> {
    await this.#settled(FORCE_FLUSH_TIMEOUT_MS);
  }

  /**
   * Waits for the exports under way, then aborts what is left of them. Happens once.
   *
   * @param timeoutMs what is left to a caller with a deadline of its own; never more than `shutdownTimeoutMs`.
   */
  shutdown(timeoutMs = Infinity): Promise<void> {
    this.#shutdown ??= this.#close(Math.min(timeoutMs, this.#options.shutdownTimeoutMs));
    return this.#shutdown;
  }

  /**
   * Subscribes to the closing of clients, for a last flush while their credentials are there.
   * Returns the function that ends the subscription.
   */
  onConnectionClosed(listener: ConnectionClosedListener): () => void {
    this.#closedListeners.add(listener);
    return () => this.#closedListeners.delete(listener);
  }

  stats(): ExporterStats {
    const { offered, delivered, pending, dropped, ignored, returned } = this.#accounting;
    return {
      offered,
      delivered,
      pending,
      dropped,
      ignored,
      returned,
      hosts: this.#delivery?.stats() ?? {},
    };
  }

  async #run(
    spans: readonly ReadableSpan[],
    resultCallback: (result: ExportResult) => void,
  ): Promise<void> {
    const startMs = performance.now();
    const result = await this.#export(spans).catch((error: unknown) => {
      // A mistake of ours, or spans that cannot be read: they must not come back for ever.
      logDebug('an export failed', error);
      return this.#accounting.gaveUp(spans, 'untranslatable');
    });
    this.#health.exported(performance.now() - startMs, reasonOf(result));
    guarded('the callback of an export', () => resultCallback(result));
  }

  /** Rejects only before it has counted anything. */
  async #export(spans: readonly ReadableSpan[]): Promise<ExportResult> {
    if (this.#shutdown) {
      return this.#accounting.turnedAway(spans);
    }
    const groups = this.#groups.of(spans);
    const offered = groups.reduce((sum, group) => sum + group.spans.length, 0);
    const delivery = offered > 0 && !this.#isDisabled ? this.#load() : undefined;
    this.#accounting.began(spans.length, offered);
    if (this.#isDisabled) {
      return this.#accounting.settled(
        groups,
        groups.map((group) => group.spans.map(() => DISABLED)),
      );
    }
    const outcomes = await Promise.all(
      groups.map((group) => delivery?.export(group) ?? Promise.resolve<Outcome[]>([])),
    );
    for (const { connectionId } of groups) {
      if (this.#closedConnections.has(connectionId)) {
        delivery?.release(connectionId);
      }
    }
    return this.#accounting.settled(groups, outcomes);
  }

  /** `node:https` and the rest of the delivery cost as much to load as the API: they wait for the first span. */
  #load(): Delivery {
    if (!this.#delivery) {
      const module = require('./delivery/delivery') as typeof import('./delivery/delivery');
      this.#delivery = new module.Delivery(this.#options, this.#abort.signal);
      logInfo(this.#startLine);
    }
    return this.#delivery;
  }

  #onClosed(connectionId: string): void {
    this.#finish(connectionId).catch((error: unknown) =>
      logDebug('the last flush of a connection failed', error),
    );
  }

  /** The last flush of a connection, then its credentials are let go. */
  async #finish(connectionId: string): Promise<void> {
    const listeners = [...this.#closedListeners];
    await Promise.allSettled(listeners.map(async (listener) => listener(connectionId)));
    await this.#drained();
    this.#delivery?.release(connectionId);
    // Spans may still come: those a plain BatchSpanProcessor holds, or records that came back.
    bound(this.#closedConnections, MAX_CONNECTIONS);
    this.#closedConnections.add(connectionId);
    if (listeners.length > 0) {
      this.#groups.forget(connectionId);
      this.#options.access?.release(connectionId);
    }
  }

  async #close(timeoutMs: number): Promise<void> {
    await this.#settled(timeoutMs);
    this.#abort.abort();
    await Promise.allSettled(this.#inFlight);
    this.#unsubscribe();
    this.#groups.clear();
    this.#delivery?.close();
  }

  /** Waits until nothing is under way: a processor gives one batch after the other, from within the callback. */
  async #drained(): Promise<void> {
    while (this.#inFlight.size > 0 && !this.#abort.signal.aborted) {
      await Promise.allSettled(this.#inFlight);
    }
  }

  /** Waits for the exports under way. Its timer holds the process, since the sockets it waits for do not. */
  async #settled(timeoutMs: number): Promise<void> {
    if (this.#inFlight.size === 0) {
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([Promise.allSettled(this.#inFlight), deadline]);
    clearTimeout(timer);
  }
}

/** The environment says what the flag of a host may say, too. */
const DISABLED: Outcome = { kind: 'dropped', reason: 'flag_off' };

/** Why not everything of an export was delivered, for `error.type`. */
function reasonOf({ error }: ExportResult): string | undefined {
  return error instanceof UndeliveredError ? error.reason : error?.name;
}
