import { channel } from 'node:diagnostics_channel';
import type {
  SCOPE_NAME,
  SYMBOL_DATABRICKS_PUBLISHED,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { PROCESSOR_OPTIONS, sdkDisabled, telemetryDisabled } from '../config';
import type { ProcessorOptions, ResolvedProcessorOptions } from '../config';
import { startBackgroundTimer } from '../clock';
import type { Timer } from '../clock';
import { Deadline } from '../deadline';
import { DatabricksTelemetryExporter } from '../exporter/exporter';
import { OncePerCondition, guarded, logDebug, reportDefect, runCallback } from '../diagnostics';
import { EarlyLines } from '../early-lines';
import { resolveOptions } from '../option-validation';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '../otel';
import { Claims } from './claims';
import type { ExportLoop } from './export/export-loop';
import type { ProcessorParts, ProcessorStats } from './processor-parts';

/** Copied, because loading all names costs a tenth of loading this package; its type keeps the copy right. */
const INSTRUMENTATION_SCOPE: typeof SCOPE_NAME = '@dbsql-otel/instrumentation-databricks-sql';

const PUBLISHED_KEY: typeof SYMBOL_DATABRICKS_PUBLISHED =
  '@dbsql-otel/instrumentation-databricks-sql/published';
/** On the instrumentation's own SDK spans of operations that it has published on its telemetry channel. */
const PUBLISHED = Symbol.for(PUBLISHED_KEY);

/** The doctor listens here to what a set-up constructs. */
const components = channel('@dbsql-otel/components');

/** How often within `statementIdleTimeoutMs` the processor looks for idle statements. */
const SWEEPS_UNTIL_IDLE = 12;

/** The counts before the first span. */
const NOTHING: ProcessorStats = {
  offered: 0,
  delivered: 0,
  pending: 0,
  inFlight: 0,
  pendingBytes: 0,
  dropped: {},
  statements: 0,
  late: 0,
  skipped: 0,
};

/** An exporter with abilities beyond the SDK's interface; the processor works with every other exporter, too. */
export interface ConnectionAwareExporter extends SpanExporter {
  /** Calls `listener` for each closed connection, whose credentials it keeps until the returned promise has settled. */
  onConnectionClosed?(listener: (connectionId: string) => Promise<void>): unknown;
  /** Creates the instruments of the exporter's own metrics, before the first batch. */
  attachMetrics?(): void;
  /** The last records of a connection that the processor has claimed were exported. */
  connectionClosed?(connectionId: string): Promise<void>;
  /** The processor's shutdown has begun, and the last exports follow. */
  shutdownBegins?(): void;
  /** `timeoutMs`: milliseconds that are left of the processor's own `shutdownTimeoutMs`. */
  shutdown(timeoutMs?: number): Promise<void>;
  /** `hosts`: by host, with the word for the last failure. */
  stats?(): {
    readonly hosts?: Readonly<Record<string, { readonly lastError?: string | undefined }>>;
  };
}

/**
 * Joins the operations of the Databricks SQL instrumentation into records, one per statement, session call and error, and
 * hands them to `exporter` in batches. From its construction to its `shutdown()` it claims the connections of this
 * thread's instrumentation and takes their operations from the telemetry channel, independently of any tracer provider.
 * As a span processor it takes the spans of the instrumentation's scope that come from elsewhere, and ignores all others.
 *
 * The processor never throws into the application and never delays one of its calls. It holds the process only while
 * `forceFlush()` or `shutdown()` is awaited, for `shutdownTimeoutMs` at most.
 */
export class DatabricksTelemetrySpanProcessor implements SpanProcessor {
  readonly #options: ResolvedProcessorOptions;
  readonly #exporter: ConnectionAwareExporter;
  readonly #claims: Claims | undefined;
  readonly #earlyLines = new EarlyLines();
  #isOpen = !telemetryDisabled(process.env, this.#earlyLines.warn);
  #parts: ProcessorParts | undefined;
  #lastEnded: ReadableSpan | undefined;
  #sweepTimer: Timer | undefined;
  #shutdown: Promise<void> | undefined;

  /**
   * @param exporter receives the records: a `DatabricksTelemetryExporter` (default: one with the default options), or any
   * other span exporter
   * @param options an invalid option logs a warning and falls back to its default
   */
  constructor(exporter?: ConnectionAwareExporter, options?: ProcessorOptions) {
    this.#options = resolveOptions(PROCESSOR_OPTIONS, options, [], this.#earlyLines.warn);
    this.#exporter = exporter ?? new DatabricksTelemetryExporter();
    if (!isExporter(this.#exporter)) this.#earlyLines.warn(NO_EXPORTER);
    if (components.hasSubscribers) {
      components.publish({ kind: 'processor', instance: this, exporter: this.#exporter });
    }
    if (!this.#isOpen) {
      this.#earlyLines.info('DATABRICKS_TELEMETRY_DISABLED is set: no telemetry is reported');
      return;
    }
    runCallback('onConnectionClosed', () =>
      this.#exporter.onConnectionClosed?.((connectionId) => this.#finishConnection(connectionId)),
    );
    if (sdkDisabled()) {
      this.#earlyLines.info(
        'OTEL_SDK_DISABLED is true: this processor claims no connection, so the driver sends its own telemetry',
      );
      return;
    }
    this.#claims = guarded(
      'the telemetry channel',
      () =>
        new Claims({
          ended: (operation) => this.#ended(operation),
          skipped: () => (this.#parts ?? this.#load()).aggregator.skip(),
          connectionClosed: (connectionId) => this.#connectionClosed(connectionId),
        }),
    );
  }

  /** Does nothing: a span is complete only when it ends. */
  onStart(): void {}

  /**
   * Takes an ended span. Ignores spans of other scopes, spans of operations that came by the telemetry channel, and all
   * spans after `shutdown()`.
   */
  onEnd(span: ReadableSpan): void {
    try {
      if (span.instrumentationScope?.name !== INSTRUMENTATION_SCOPE || !this.#isOpen) return;
      if (!isPublished(span)) this.#ended(span);
    } catch (error) {
      reportDefect('onEnd', error);
    }
  }

  /**
   * Delivers what is pending, then awaits the exporter's own `forceFlush()`. Resolves when both are done or after
   * `shutdownTimeoutMs`; never rejects. Retries records at once, even when the exporter asked before to wait; a wait
   * that it asks for during the flush is kept as far as it fits.
   */
  async forceFlush(): Promise<void> {
    this.#earlyLines.repeat();
    if (!this.#isOpen) return this.#shutdown;
    const deadline = new Deadline(this.#options.shutdownTimeoutMs);
    await this.#deliver(deadline);
    await this.#awaitExporter('forceFlush', deadline);
    deadline.clear();
  }

  /**
   * Reports the open statements, delivers what is pending and shuts the exporter down, all within `shutdownTimeoutMs`;
   * what is left counts as dropped. Later spans are ignored. Never rejects; a second call returns the same promise.
   */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#close();
    return this.#shutdown;
  }

  /** What became of the records so far. */
  stats(): ProcessorStats {
    return this.#parts?.stats() ?? NOTHING;
  }

  /** The way of every operation of the instrumentation. */
  #ended(span: ReadableSpan): void {
    // A provider that lists one processor twice hands over every span twice in a row.
    if (span === this.#lastEnded) return;
    this.#lastEnded = span;
    const { aggregator, loop } = this.#parts ?? this.#load();
    loop.queued(aggregator.end(span));
    if (this.#sweepTimer === undefined && aggregator.statements > 0) this.#startSweeping();
  }

  /** Half of this package is loaded with the first span. */
  #load(): ProcessorParts {
    this.#earlyLines.repeat();
    const module = require('./processor-parts') as typeof import('./processor-parts');
    this.#parts = new module.ProcessorParts(this.#options, this.#exporter);
    runCallback('health metrics', () => this.#exporter.attachMetrics?.());
    return this.#parts;
  }

  /** Passes over the queue until it is empty, until waiting cannot help, or until the deadline. */
  async #deliver(
    deadline: Deadline,
    flushed = (loop: ExportLoop) => loop.flushed(),
  ): Promise<void> {
    if (this.#parts === undefined) return;
    const { aggregator, loop, queue } = this.#parts;
    const hasRoom = (): boolean => queue.pending <= this.#options.maxQueueSize / 2;
    while (!deadline.expired) {
      // After the shutdown began: more statements may be open than the queue holds, so they follow as it empties.
      while (!this.#isOpen && hasRoom() && aggregator.completeOldest());
      const tryAgainInMs = await deadline.race(flushed(loop));
      if (!this.#isOpen && aggregator.statements > 0 && hasRoom()) continue;
      if (tryAgainInMs === undefined || tryAgainInMs >= deadline.remainingMs) return;
      await deadline.sleep(tryAgainInMs);
    }
  }

  async #connectionClosed(connectionId: string): Promise<void> {
    await this.#finishConnection(connectionId);
    await this.#exporter.connectionClosed?.(connectionId);
  }

  /** Delivers the last records of a connection while its credentials exist. Does not hold the process. */
  async #finishConnection(connectionId: string): Promise<void> {
    if (!this.#isOpen || this.#parts === undefined) return;
    const deadline = new Deadline(this.#options.shutdownTimeoutMs).unref();
    try {
      this.#parts.aggregator.completeConnection(connectionId);
      await this.#deliver(deadline, (loop) => loop.flushedWhatIsDue());
      this.#parts.aggregator.forgetConnection(connectionId);
    } catch (error) {
      reportDefect('onConnectionClosed', error);
    } finally {
      deadline.clear();
    }
  }

  async #close(): Promise<void> {
    this.#earlyLines.repeat();
    this.#isOpen = false;
    this.#claims?.close();
    this.#lastEnded = undefined;
    this.#stopSweeping();
    const deadline = new Deadline(this.#options.shutdownTimeoutMs);
    runCallback('shutdownBegins', () => this.#exporter.shutdownBegins?.());
    this.#parts?.aggregator.giveUpRunning();
    await this.#deliver(deadline);
    await this.#awaitExporter('shutdown', deadline);
    deadline.clear();
    const lost = this.#parts?.close() ?? 0;
    if (lost > 0) guarded('the shutdown', () => warnOfLoss(lost, this.#exporter));
  }

  async #awaitExporter(step: 'forceFlush' | 'shutdown', deadline: Deadline): Promise<void> {
    try {
      const done =
        step === 'shutdown'
          ? this.#exporter.shutdown(deadline.remainingMs)
          : this.#exporter.forceFlush?.();
      if (done !== undefined) await deadline.race(done);
    } catch (error) {
      logDebug(`${step} of the exporter failed`, error);
    }
  }

  /** Reports idle statements while there are open ones. */
  #startSweeping(): void {
    const periodMs = Math.max(1, this.#options.statementIdleTimeoutMs / SWEEPS_UNTIL_IDLE);
    this.#sweepTimer = startBackgroundTimer('the sweep of idle statements', periodMs, () =>
      this.#sweep(),
    );
  }

  #sweep(): void {
    const { aggregator, loop } = this.#parts ?? this.#load();
    aggregator.sweepIdle(SWEEPS_UNTIL_IDLE);
    loop.queued(false);
    this.#stopSweeping();
    if (aggregator.statements > 0) this.#startSweeping();
  }

  #stopSweeping(): void {
    this.#sweepTimer?.cancel();
    this.#sweepTimer = undefined;
  }
}

/** JavaScript may pass the options first, or an object that holds the exporter. */
const NO_EXPORTER =
  'the first argument of DatabricksTelemetrySpanProcessor is not a span exporter, so all records are dropped as export_failed: pass the exporter first and the options second';

function isExporter(exporter: ConnectionAwareExporter): boolean {
  return guarded('the exporter', () => typeof exporter.export === 'function') === true;
}

function isPublished(span: ReadableSpan & { readonly [PUBLISHED]?: unknown }): boolean {
  return span[PUBLISHED] === true;
}

const MAX_HOSTS_NAMED = 3;

function warnOfLoss(records: number, exporter: ConnectionAwareExporter): void {
  const stats = runCallback('stats', () => exporter.stats?.());
  const hosts = Object.entries(stats?.hosts ?? {})
    .filter(([, { lastError }]) => lastError !== undefined)
    .map(([host, { lastError }]) => `${host} (last error: ${lastError})`);
  const where = hosts.length === 0 ? '' : `, for ${hosts.slice(-MAX_HOSTS_NAMED).join(', ')}`;
  new OncePerCondition().warn(
    `${records} telemetry record${records === 1 ? ' was' : 's were'} lost at the shutdown${where}: check the network, or raise shutdownTimeoutMs`,
  );
}
