import { channel } from 'node:diagnostics_channel';
import { resolveExporterOptions, telemetryDisabled } from '../config';
import type { DatabricksTelemetryExporterOptions, ResolvedExporterOptions } from '../config';
import { Deadline } from '../deadline';
import { guarded, logDebug, runCallback } from '../diagnostics';
import { EarlyLines } from '../early-lines';
import type { Exporting, ExporterStats } from './exporting';
import type { ExportResult, ReadableSpan, SpanExporter } from '../otel';

/** The doctor listens here to what a set-up constructs. */
const components = channel('@dbsql-otel/components');

/** What `forceFlush` waits at most; each request has its own, shorter deadline. */
const FORCE_FLUSH_TIMEOUT_MS = 30_000;

/** Called when a client was closed. Its promise is awaited before the credentials are released. */
export type ConnectionClosedListener = (connectionId: string) => Promise<void> | void;

/**
 * Translates spans of the Databricks SQL instrumentation into the driver's telemetry and posts it to the workspace each
 * span came from, with the credentials of its own connection.
 *
 * Made for `DatabricksTelemetrySpanProcessor`; behind a plain BatchSpanProcessor it works as well, with less joined and
 * without a second chance for what could not be delivered. Reports an {@link UndeliveredError}; never throws.
 */
export class DatabricksTelemetryExporter implements SpanExporter {
  readonly #options: ResolvedExporterOptions;
  readonly #given: DatabricksTelemetryExporterOptions;
  readonly #abort = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #closedListeners = new Set<ConnectionClosedListener>();
  readonly #unsubscribe: () => void;
  readonly #earlyLines = new EarlyLines();
  readonly #isDisabled = telemetryDisabled(process.env, this.#earlyLines.warn);
  #exporting: Exporting | undefined;
  #isEnding = false;
  #shutdown: Promise<void> | undefined;

  constructor(options: DatabricksTelemetryExporterOptions = {}) {
    this.#options = resolveExporterOptions(options, this.#earlyLines.warn);
    // JavaScript may give anything; what is no options object leaves the defaults.
    this.#given = guarded('the options', () => ({ ...options })) ?? {};
    this.#unsubscribe =
      runCallback('access.onClosed', () =>
        this.#options.access?.onClosed((connectionId) =>
          guarded('onClosed', () => this.#onClosed(connectionId)),
        ),
      ) ?? (() => undefined);
    if (components.hasSubscribers) {
      const { access, host, dryRun } = this.#options;
      const hasRoute = access !== undefined || host !== undefined || dryRun !== undefined;
      components.publish({ kind: 'exporter', instance: this, hasRoute });
    }
  }

  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    const running = this.#run(spans, resultCallback).finally(() => this.#inFlight.delete(running));
    this.#inFlight.add(running);
  }

  /** Waits for the exports under way. */
  async forceFlush(): Promise<void> {
    this.#earlyLines.repeat();
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

  /**
   * The shutdown has begun, and the last exports follow. The driver's auth providers are no longer asked: what they open
   * could hold the process after the shutdown. The headers of the driver's last requests are used.
   */
  shutdownBegins(): void {
    this.#isEnding = true;
    guarded('shutdownBegins', () => this.#exporting?.shutdownBegins());
  }

  /** The processor exported the last records of a connection that it had claimed: what was kept for it is released. */
  async connectionClosed(connectionId: string): Promise<void> {
    await this.#drained();
    guarded('connectionClosed', () => {
      this.#exporting?.connectionClosed(connectionId);
      this.#exporting?.forget(connectionId);
    });
  }

  /** Creates the instruments of the health metrics before the first batch; the processor calls it with the first span. */
  attachMetrics(): void {
    guarded('health metrics', () => this.#load().attachMetrics());
  }

  stats(): ExporterStats {
    return this.#exporting?.stats() ?? NOTHING;
  }

  async #run(
    spans: readonly ReadableSpan[],
    resultCallback: (result: ExportResult) => void,
  ): Promise<void> {
    const result = await this.#answer(spans);
    runCallback('the callback of an export', () => resultCallback(result));
  }

  async #answer(spans: readonly ReadableSpan[]): Promise<ExportResult> {
    try {
      const exporting = this.#load();
      return await (this.#shutdown ? exporting.turnAway(spans) : exporting.export(spans));
    } catch (error) {
      logDebug('an export failed', error);
      return { code: 1, error: new Error('the exporter failed', { cause: error }) };
    }
  }

  /** The larger part of this package: they wait for the first spans. */
  #load(): Exporting {
    this.#earlyLines.repeat();
    if (!this.#exporting) {
      const module = require('./exporting') as typeof import('./exporting');
      this.#exporting = new module.Exporting(
        this.#options,
        this.#given,
        this.#isDisabled,
        this.#abort.signal,
      );
      if (this.#isEnding) this.#exporting.shutdownBegins();
    }
    return this.#exporting;
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
    // Spans may still come: those a plain BatchSpanProcessor holds, or records that came back.
    guarded('connectionClosed', () => this.#load().connectionClosed(connectionId));
    if (listeners.length > 0) {
      this.#exporting?.forget(connectionId);
      runCallback('access.release', () => this.#options.access?.release(connectionId));
    }
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#earlyLines.repeat();
    this.shutdownBegins();
    await this.#settled(timeoutMs);
    this.#abort.abort();
    await Promise.allSettled(this.#inFlight);
    runCallback('access.onClosed', this.#unsubscribe);
    this.#exporting?.close();
  }

  /** Waits until nothing is under way: a processor gives one batch after the other, from within the callback. */
  async #drained(): Promise<void> {
    while (this.#inFlight.size > 0 && !this.#abort.signal.aborted) {
      await Promise.allSettled(this.#inFlight);
    }
  }

  /** Waits for the exports under way. Its timer holds the process, since the sockets it waits for do not. */
  async #settled(timeoutMs: number): Promise<void> {
    if (this.#inFlight.size === 0) return;
    const deadline = new Deadline(timeoutMs);
    await deadline.race(Promise.allSettled(this.#inFlight));
    deadline.clear();
  }
}

/** Before the first spans. */
const NOTHING: ExporterStats = {
  offered: 0,
  delivered: 0,
  pending: 0,
  dropped: {},
  ignored: 0,
  returned: 0,
  hosts: {},
};
